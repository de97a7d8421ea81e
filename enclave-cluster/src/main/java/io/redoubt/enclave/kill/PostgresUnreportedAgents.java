package io.redoubt.enclave.kill;

import io.redoubt.agent.AgentKey;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/** {@link UnreportedAgents} in PostgreSQL. */
public final class PostgresUnreportedAgents implements UnreportedAgents {
  private final Database database;

  public PostgresUnreportedAgents(Database database) {
    this.database = database;
  }

  @Override
  public CompletionStage<Void> note(AgentKey agent) {
    return database
        .inOrganization(
            agent.organization(),
            handle ->
                handle
                    .createUpdate(
                        "INSERT INTO enclave.unreported_agent (organization_id, agent_id)"
                            + " VALUES (:organization, :agent)"
                            + " ON CONFLICT (organization_id, agent_id)"
                            + " DO UPDATE SET noted_at = clock_timestamp()")
                    .bind("organization", agent.organization().uuid())
                    .bind("agent", agent.agent().uuid())
                    .execute())
        .thenApply(_ -> null);
  }

  @Override
  public CompletionStage<List<Noted>> oldest(int atMost) {
    return database.inTransaction(handle ->
        handle
            .createQuery(
                "SELECT organization_id, agent_id, noted_at"
                    + " FROM enclave.oldest_unreported_agents(:limit)")
            .bind("limit", atMost)
            .map((row, _) ->
                new Noted(
                    new AgentKey(
                        new OrganizationId(row.getObject("organization_id", UUID.class)),
                        new AgentId(row.getObject("agent_id", UUID.class))),
                    instant(row.getObject("noted_at", OffsetDateTime.class))))
            .list());
  }

  private static Instant instant(OffsetDateTime time) {
    return time.toInstant();
  }

  @Override
  public CompletionStage<Void> reported(Noted noted) {
    return database
        .inOrganization(
            noted.agent().organization(),
            handle ->
                handle
                    .createUpdate(
                        "DELETE FROM enclave.unreported_agent"
                            + " WHERE organization_id = :organization AND agent_id = :agent"
                            + " AND noted_at = :noted")
                    .bind("organization", noted.agent().organization().uuid())
                    .bind("agent", noted.agent().agent().uuid())
                    .bind("noted", noted.notedAt())
                    .execute())
        .thenApply(_ -> null);
  }
}
