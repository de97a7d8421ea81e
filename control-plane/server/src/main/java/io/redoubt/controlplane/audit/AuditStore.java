package io.redoubt.controlplane.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.redoubt.controlplane.operator.Trail;
import io.redoubt.persistence.batch.SqlArrays;
import io.redoubt.persistence.postgres.Failures;
import io.redoubt.protocol.audit.AuditDocument;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.jspecify.annotations.Nullable;

/**
 * Appends to the audit log; there is no other way to write to it (G10). A batch is one statement: a
 * row costs less than a statement for it would.
 */
public final class AuditStore implements Trail {
  private static final String RETURNING = " RETURNING number";
  private static final String LINES = "lines";
  private static final String UNLESS_THERE = "ON CONFLICT DO NOTHING";

  private static final String RECORD =
      """
      INSERT INTO control.audit_record
        (organization_id, id, time, agent_id, plane, verdict, operation, resource,
         actor_kind, actor, trace_id, body)
      VALUES (:organization, :id, :time, CAST(:agent AS uuid), :plane, :verdict,
        :operation, :resource, :actorKind, :actor, :trace, :body)
      """;

  private static final String RECORDS =
      """
      INSERT INTO control.audit_record
        (organization_id, id, time, enclave_id, number, agent_id, plane, verdict, operation,
         resource, actor_kind, actor, trace_id, body)
      SELECT :organization, CAST(line.id AS uuid),
        timestamptz 'epoch' + line.micros * interval '1 microsecond', :enclave, line.number,
        CAST(line.agent AS uuid), line.plane, line.verdict, line.operation, line.resource,
        line.actor_kind, line.actor, line.trace, line.body
      FROM unnest(:numbers, :micros, :ids, :agents, :planes, :verdicts, :operations, :resources,
                  :actorKinds, :actors, :traces, :bodies)
        AS line (number, micros, id, agent, plane, verdict, operation, resource, actor_kind, actor,
                 trace, body)
      """;

  private static final String OUTCOMES =
      """
      INSERT INTO control.audit_outcome (organization_id, id, time, enclave_id, number, body)
      SELECT :organization, CAST(line.id AS uuid),
        timestamptz 'epoch' + line.micros * interval '1 microsecond', :enclave, line.number,
        line.body
      FROM unnest(:numbers, :micros, :ids, :bodies) AS line (number, micros, id, body)
      """;

  /** A half with its number in the enclave's sequence. */
  record Numbered<T>(long number, T half) {}

  /** What the control plane itself has to record: of no enclave, with no number. */
  @Override
  public void record(Handle handle, AuditRecord record) {
    insert(handle, RECORD, record);
  }

  @Override
  public void recordOnce(Handle handle, AuditRecord record) {
    insert(handle, RECORD + UNLESS_THERE, record);
  }

  private static void insert(Handle handle, String statement, AuditRecord record) {
    handle
        .createUpdate(statement)
        .bind("organization", record.organizationId().uuid())
        .bind("id", record.id().uuid())
        .bind("time", record.time())
        .bind("agent", agent(record))
        .bind("plane", record.plane().wire())
        .bind("verdict", record.verdict().wire())
        .bind("operation", record.operation())
        .bind("resource", record.resource())
        .bind("actorKind", record.actorKind().wire())
        .bind("actor", record.actor())
        .bind("trace", record.traceId())
        .bind("body", AuditDocument.of(record))
        .execute();
  }

  /**
   * Appends first halves.
   *
   * @return the numbers that are new: one whose identifier was there already changed nothing
   */
  Set<Long> append(
      Handle handle,
      OrganizationId organization,
      EnclaveId enclave,
      List<Numbered<AuditRecord>> records) {
    return insert(
        handle,
        records,
        unlessThere ->
            new Lines<>(records, handle.createQuery(RECORDS + unlessThere + RETURNING))
                .numbers("micros", record -> micros(record.time()))
                .texts("ids", record -> record.id().uuid().toString())
                .texts("agents", record -> agent(record))
                .texts("planes", record -> record.plane().wire())
                .texts("verdicts", record -> record.verdict().wire())
                .texts("operations", AuditRecord::operation)
                .texts("resources", AuditRecord::resource)
                .texts("actorKinds", record -> record.actorKind().wire())
                .texts("actors", AuditRecord::actor)
                .texts("traces", AuditRecord::traceId)
                .texts("bodies", AuditDocument::of)
                .insert(organization, enclave));
  }

  /**
   * Appends second halves.
   *
   * @return the numbers that are new: of two for one record the first counts
   */
  Set<Long> conclude(
      Handle handle,
      OrganizationId organization,
      EnclaveId enclave,
      List<Numbered<AuditOutcome>> outcomes) {
    return insert(
        handle,
        outcomes,
        unlessThere ->
            new Lines<>(outcomes, handle.createQuery(OUTCOMES + unlessThere + RETURNING))
                .numbers("micros", outcome -> micros(outcome.time()))
                .texts("ids", outcome -> outcome.id().uuid().toString())
                .texts("bodies", outcome -> AuditDocument.of(outcome.conclusion()))
                .insert(organization, enclave));
  }

  /**
   * Lines behind the cursor are new as a rule: whether one is there already is looked at only where
   * a batch turned out to hold such a one.
   *
   * @param statement runs it with what to do about a line that is there
   */
  private static Set<Long> insert(
      Handle handle, List<?> lines, Function<String, Set<Long>> statement) {
    if (lines.isEmpty()) {
      return Set.of();
    }
    handle.savepoint(LINES);
    try {
      var numbers = statement.apply("");
      handle.releaseSavepoint(LINES);
      return numbers;
    } catch (UnableToExecuteStatementException e) {
      if (!Failures.isUniqueViolation(e)) {
        throw e;
      }
      handle.rollbackToSavepoint(LINES);
      return statement.apply(UNLESS_THERE);
    }
  }

  private static @Nullable String agent(AuditRecord record) {
    return record.agentId() == null ? null : record.agentId().uuid().toString();
  }

  private static long micros(Instant time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }

  /** Lines as columns of a statement. */
  private record Lines<T>(List<Numbered<T>> lines, Query query) {

    Lines<T> texts(String name, Function<T, @Nullable String> column) {
      var values = new @Nullable String[lines.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = column.apply(lines.get(i).half());
      }
      query.bind(name, (at, statement, _) -> SqlArrays.text(statement, at, values));
      return this;
    }

    Lines<T> numbers(String name, ToLongFunction<T> column) {
      return bind(name, lines.stream().mapToLong(line -> column.applyAsLong(line.half())));
    }

    private Lines<T> bind(String name, LongStream values) {
      long[] array = values.toArray();
      query.bind(name, (at, statement, _) -> statement.setObject(at, array));
      return this;
    }

    Set<Long> insert(OrganizationId organization, EnclaveId enclave) {
      bind("numbers", lines.stream().mapToLong(Numbered::number));
      return query
          .bind("organization", organization.uuid())
          .bind("enclave", enclave.uuid())
          .mapTo(Long.class)
          .set();
    }
  }

  /** A line, or a part of one, as it is kept here. */
  static <T> T read(String body, Class<T> type) {
    try {
      return Json.LENIENT.readValue(body, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an audit line that was written here", e);
    }
  }
}
