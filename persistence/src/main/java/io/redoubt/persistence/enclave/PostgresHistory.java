package io.redoubt.persistence.enclave;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectReader;
import io.redoubt.action.Act;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.policy.PolicyAction;
import io.redoubt.policy.PolicyResource;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.session.History;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Sessions, read back from the audit log. */
final class PostgresHistory implements History {
  private static final ObjectReader RECORD = Json.LENIENT.readerFor(AuditRecord.class);

  private final Database database;

  PostgresHistory(Database database) {
    this.database = database;
  }

  @Override
  public CompletionStage<List<Act>> last(OrganizationId organization, AgentId agent, int atMost) {
    return database.inOrganization(
        organization,
        handle ->
            handle
                .createQuery("SELECT document FROM enclave.last_acts(:agent, :limit)")
                .bind("agent", agent.uuid())
                .bind("limit", atMost)
                .map((row, _) -> record(row.getString(1)))
                .list()
                .reversed()
                .stream()
                .map(PostgresHistory::act)
                .toList());
  }

  private static String resource(AuditRecord record) {
    String name = record.resource() == null ? "" : record.resource();
    return PolicyAction.of(record.operation())
        .flatMap(action -> PolicyResource.of(action, record.connector(), name))
        .map(PolicyResource::id)
        .orElse(name);
  }

  private static Act act(AuditRecord record) {
    return Act.of(
        record.time(),
        record.operation(),
        resource(record),
        record.verdict(),
        record.actionDigest() == null ? "" : record.actionDigest());
  }

  private static AuditRecord record(String document) {
    try {
      return RECORD.readValue(document);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an audit line that was written here", e);
    }
  }
}
