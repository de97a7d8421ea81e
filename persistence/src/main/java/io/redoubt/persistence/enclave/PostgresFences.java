package io.redoubt.persistence.enclave;

import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Fences;
import io.redoubt.persistence.postgres.Database;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;

/** The agents' fences in PostgreSQL. */
final class PostgresFences implements Fences {
  private final Database database;

  PostgresFences(Database database) {
    this.database = database;
  }

  @Override
  public CompletionStage<Void> raise(AgentKey agent, long fence) {
    return database
        .inTransaction(handle ->
            handle
                .createQuery("SELECT true FROM enclave.raise_fence(:organization, :agent, :fence)")
                .bind("organization", agent.organization().uuid())
                .bind("agent", agent.agent().uuid())
                .bind("fence", fence)
                .mapTo(Boolean.class)
                .one())
        .thenApply(_ -> null);
  }

  @Override
  public CompletionStage<OptionalLong> standing(AgentKey agent) {
    return database.inOrganization(
        agent.organization(),
        handle ->
            handle
                .createQuery(
                    "SELECT fence FROM enclave.agent_fence"
                        + " WHERE organization_id = :organization AND agent_id = :agent")
                .bind("organization", agent.organization().uuid())
                .bind("agent", agent.agent().uuid())
                .mapTo(Long.class)
                .findOne()
                .map(OptionalLong::of)
                .orElseGet(OptionalLong::empty));
  }
}
