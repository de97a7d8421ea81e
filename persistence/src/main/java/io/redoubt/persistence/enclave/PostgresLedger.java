package io.redoubt.persistence.enclave;

import io.redoubt.budget.Ledger;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What agents reserved and were charged, read from the audit log. */
final class PostgresLedger implements Ledger {
  private static final int AT_ONCE = 500;

  private final Database database;

  PostgresLedger(Database database) {
    this.database = database;
  }

  @Override
  public CompletionStage<List<Entry>> read(
      OrganizationId organization, AgentId agent, long above, Collection<ActionId> actions) {
    return database.inOrganization(
        organization,
        handle -> {
          var entries = new ArrayList<Entry>();
          if (!actions.isEmpty()) {
            entries.addAll(of(handle, agent, actions));
          }
          var later = above(handle, agent, above);
          while (!later.isEmpty()) {
            entries.addAll(later);
            later = above(handle, agent, later.getLast().reserved().number());
          }
          return List.copyOf(entries);
        });
  }

  private static List<Entry> above(Handle handle, AgentId agent, long number) {
    return handle
        .createQuery(
            "SELECT id, intent, outcome FROM enclave.reservations_above(:agent, :number, :limit)")
        .bind("agent", agent.uuid())
        .bind("number", number)
        .bind("limit", AT_ONCE)
        .map((row, _) -> entry(row))
        .list();
  }

  private static List<Entry> of(Handle handle, AgentId agent, Collection<ActionId> actions) {
    return handle
        .createQuery("SELECT id, intent, outcome FROM enclave.reservations_of(:agent, :ids)")
        .bind("agent", agent.uuid())
        .bindArray(
            "ids", String.class, actions.stream().map(each -> each.uuid().toString()).toList())
        .map((row, _) -> entry(row))
        .list();
  }

  private static Entry entry(ResultSet row) throws SQLException {
    var intent = Documents.read(row.getString("intent"), AuditRecord.class);
    var reserved = Objects.requireNonNull(intent.reserved(), "the column says that there is one");
    @Nullable String outcome = row.getString("outcome");
    return new Entry(
        new ActionId(row.getObject("id", UUID.class)),
        reserved,
        outcome == null
            ? null
            : reserved.charge(Documents.read(outcome, AuditOutcome.class).outcome()));
  }
}
