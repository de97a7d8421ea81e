package io.redoubt.controlplane.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Calendar;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.audit.ActorKind;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Conclusion;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.statement.Query;

/** Reads the audit log, newest first, intent and outcome as one record. */
final class AuditQuery {
  private static final Position NEWEST =
      new Position(Instant.parse("9999-01-01T00:00:00Z"), new UUID(-1, -1));

  /** A place in the order of the log. */
  record Position(Instant time, UUID id) {
    @Override
    public String toString() {
      return time + "~" + new AuditId(id);
    }

    static Position parse(String cursor) {
      int middle = cursor.indexOf('~');
      try {
        var time = Instant.parse(cursor.substring(0, Math.max(middle, 0)));
        if (Calendar.has(time)) {
          return new Position(time, AuditId.parse(cursor.substring(middle + 1)).uuid());
        }
      } catch (DateTimeException | IllegalArgumentException _) {
        // answered below
      }
      throw ProblemException.of(ErrorType.MALFORMED_REQUEST, "The cursor is not one of ours.");
    }
  }

  /** A merged record and its place. */
  record Found(Position position, JsonNode record) {}

  /** At most {@code limit} records that come after the position. */
  List<Found> read(
      Transaction transaction, AuditFilter filter, Optional<Position> after, int limit) {
    // Planned for the filters at hand, not once for all: each walks the index that fits.
    transaction.handle().execute("SET LOCAL plan_cache_mode = force_custom_plan");
    var query =
        transaction
            .handle()
            .createQuery(
                """
                SELECT r.time, r.id, r.enclave_id, r.body AS record, o.body AS outcome
                FROM control.audit_record r
                LEFT JOIN control.audit_outcome o
                  ON o.organization_id = r.organization_id AND o.id = r.id
                WHERE r.organization_id = :organization
                  AND (r.time, r.id) < (:time, :id)
                  AND (CAST(:since AS timestamptz) IS NULL OR r.time >= CAST(:since AS timestamptz))
                  AND (CAST(:until AS timestamptz) IS NULL OR r.time < CAST(:until AS timestamptz))
                  AND (CAST(:agent AS uuid) IS NULL OR r.agent_id = CAST(:agent AS uuid))
                  AND (CAST(:one AS uuid) IS NULL OR r.id = CAST(:one AS uuid))
                  AND (CAST(:enclave AS uuid) IS NULL OR r.enclave_id = CAST(:enclave AS uuid))
                  AND (CAST(:plane AS text) IS NULL OR r.plane = :plane)
                  AND (CAST(:verdict AS text) IS NULL OR r.verdict = :verdict)
                  AND (CAST(:operation AS text) IS NULL OR r.operation = :operation)
                  AND (CAST(:actorKind AS text) IS NULL OR r.actor_kind = :actorKind)
                  AND (CAST(:actor AS text) IS NULL OR r.actor = :actor)
                  AND (CAST(:trace AS text) IS NULL OR r.trace_id = :trace)
                ORDER BY r.time DESC, r.id DESC LIMIT :limit
                """);
    return bind(query, transaction.organization(), filter, after.orElse(NEWEST), limit)
        .map((row, _) -> found(row))
        .list();
  }

  private static Query bind(
      Query query, OrganizationId organization, AuditFilter filter, Position after, int limit) {
    return query
        .bind("organization", organization.uuid())
        .bind("time", after.time())
        .bind("id", after.id())
        .bindByType("since", filter.since().orElse(null), Instant.class)
        .bindByType("until", filter.until().orElse(null), Instant.class)
        .bind("plane", filter.plane().map(Plane::wire).orElse(null))
        .bind("verdict", filter.verdict().map(Verdict::wire).orElse(null))
        .bind("operation", filter.operation().orElse(null))
        .bindByType("agent", filter.agent().map(AgentId::uuid).orElse(null), UUID.class)
        .bindByType("one", filter.id().orElse(null), UUID.class)
        .bind("actorKind", filter.actorKind().map(ActorKind::wire).orElse(null))
        .bind("actor", filter.actor().orElse(null))
        .bindByType("enclave", filter.enclave().map(EnclaveId::uuid).orElse(null), UUID.class)
        .bind("trace", filter.trace().orElse(null))
        .bind("limit", limit);
  }

  private static ArrayNode array(List<String> texts) {
    var array = Json.LENIENT.createArrayNode();
    texts.forEach(array::add);
    return array;
  }

  /** Says in figures what a budget was charged where nobody was left to say it. */
  private static Outcome charged(AuditRecord intent, Outcome outcome) {
    var reserved = intent.reserved();
    return reserved == null ? outcome : outcome.charging(reserved.charge(outcome));
  }

  private static Found found(ResultSet row) throws SQLException {
    var intent = AuditStore.read(row.getString("record"), AuditRecord.class);
    var record = Rows.tree(intent);
    String outcome = row.getString("outcome");
    if (outcome != null) {
      var conclusion = AuditStore.read(outcome, Conclusion.class);
      record.set("outcome", Rows.tree(charged(intent, conclusion.outcome())));
      record.set("findings", array(conclusion.findingsWith(intent.findings())));
      var coverage = conclusion.coverageWith(intent.coverage());
      if (coverage != null) {
        record.set("coverage", Rows.tree(coverage));
      }
    }
    UUID enclave = Rows.uuidOrNull(row, "enclave_id");
    if (enclave != null) {
      // As authenticated when it was delivered, whatever the line itself said.
      record.put("enclave_id", new EnclaveId(enclave).toString());
    }
    return new Found(new Position(Rows.instant(row, "time"), Rows.uuid(row, "id")), record);
  }
}
