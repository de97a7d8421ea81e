package io.redoubt.controlplane.audit;

import io.redoubt.controlplane.operator.Trail;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.id.EnclaveId;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlStatement;

/** Appends to the audit log; there is no other way to write to it (G10). */
public final class AuditStore implements Trail {

  /** A first half with its number in the enclave's sequence. */
  record NumberedRecord(long number, AuditRecord record) {}

  /** A second half with its number in the enclave's sequence. */
  record NumberedOutcome(long number, AuditOutcome outcome) {}

  /** What the control plane itself has to record: of no enclave, with no number. */
  @Override
  public void record(Handle handle, AuditRecord record) {
    bind(
            handle.createUpdate(
                """
                INSERT INTO control.audit_record
                  (organization_id, id, time, agent_id, plane, verdict, operation, resource,
                   actor_kind, actor, trace_id, body)
                VALUES (:organization, :id, :time, CAST(:agent AS uuid), :plane, :verdict,
                  :operation, :resource, :actorKind, :actor, :trace, CAST(:body AS jsonb))
                """),
            record)
        .execute();
  }

  /** Appends first halves; one whose identifier is there already changes nothing. */
  void append(Handle handle, EnclaveId enclave, List<NumberedRecord> records) {
    if (records.isEmpty()) {
      return;
    }
    var batch =
        handle.prepareBatch(
            """
            INSERT INTO control.audit_record
              (organization_id, id, time, enclave_id, number, agent_id, plane, verdict, operation,
               resource, actor_kind, actor, trace_id, body)
            VALUES (:organization, :id, :time, :enclave, :number, CAST(:agent AS uuid), :plane,
              :verdict, :operation, :resource, :actorKind, :actor, :trace, CAST(:body AS jsonb))
            ON CONFLICT DO NOTHING
            """);
    for (var line : records) {
      bind(batch.bind("enclave", enclave.uuid()).bind("number", line.number()), line.record());
      batch.add();
    }
    batch.execute();
  }

  /** Appends second halves; of two for one record the first counts. */
  void conclude(Handle handle, EnclaveId enclave, List<NumberedOutcome> outcomes) {
    if (outcomes.isEmpty()) {
      return;
    }
    var batch =
        handle.prepareBatch(
            """
            INSERT INTO control.audit_outcome
              (organization_id, id, time, enclave_id, number, body)
            VALUES (:organization, :id, :time, :enclave, :number, CAST(:body AS jsonb))
            ON CONFLICT DO NOTHING
            """);
    for (var line : outcomes) {
      var outcome = line.outcome();
      batch
          .bind("organization", outcome.organizationId().uuid())
          .bind("id", outcome.id().uuid())
          .bind("time", outcome.time())
          .bind("enclave", enclave.uuid())
          .bind("number", line.number())
          .bind("body", Rows.json(outcome.outcome()))
          .add();
    }
    batch.execute();
  }

  private static <S extends SqlStatement<S>> S bind(S statement, AuditRecord record) {
    var agent = record.agentId();
    return statement
        .bind("organization", record.organizationId().uuid())
        .bind("id", record.id().uuid())
        .bind("time", record.time())
        .bind("agent", agent == null ? null : agent.uuid().toString())
        .bind("plane", record.plane().wire())
        .bind("verdict", record.verdict().wire())
        .bind("operation", record.operation())
        .bind("resource", record.resource())
        .bind("actorKind", record.actorKind().wire())
        .bind("actor", record.actor())
        .bind("trace", record.traceId())
        .bind("body", Rows.json(record));
  }
}
