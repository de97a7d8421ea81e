package io.redoubt.controlplane.audit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.controlplane.usage.UsageLedger;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.Turns;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.AuditBatch;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jdbi.v3.core.Handle;

/**
 * Takes audit from enclaves in order and exactly once (G10): what was kept before is passed over,
 * what would leave a gap is not kept, and usage is counted in the same transaction.
 */
public final class AuditIntake {
  private static final int MAX_LINES = 500;

  /** Deliveries for one cursor that may wait; an enclave that is well makes one at a time. */
  private static final int MOST_IN_LINE = 32;

  private static final Duration LONGEST_IN_LINE = Duration.ofSeconds(5);

  private final Database database;
  private final AuditStore store;
  private final UsageLedger usage;
  private final Counter kept;
  private final Turns<Cursor> turns = new Turns<>(MOST_IN_LINE, LONGEST_IN_LINE);

  public AuditIntake(
      Database database, AuditStore store, UsageLedger usage, MeterRegistry metrics) {
    this.database = database;
    this.store = store;
    this.usage = usage;
    this.kept =
        Counter.builder("redoubt.audit.lines")
            .description("Audit lines taken in from enclaves")
            .register(metrics);
  }

  private record Cursor(EnclaveId enclave, OrganizationId organization) {}

  /**
   * Keeps a batch.
   *
   * @return fails with a {@link ProblemException}: 404 for an organization that the enclave does
   *     not serve, 422 for lines that are not its to deliver
   */
  public CompletionStage<AuditBatch.Kept> accept(EnclaveId enclave, AuditBatch batch) {
    check(enclave, batch);
    var cursor = new Cursor(enclave, batch.organizationId());
    return database.blocking(() ->
        turns.taking(
            cursor,
            () ->
                database.inOrganizationBlocking(
                    batch.organizationId(), handle -> accept(handle, enclave, batch))));
  }

  private AuditBatch.Kept accept(Handle handle, EnclaveId enclave, AuditBatch batch) {
    requireServed(handle, enclave, batch.organizationId());
    long contiguous = lockCursor(handle, enclave, batch.organizationId());
    long last = batch.first() + batch.lines().size() - 1;
    if (batch.first() > contiguous + 1 || last <= contiguous) {
      return new AuditBatch.Kept(contiguous);
    }
    keep(handle, enclave, batch, contiguous + 1);
    moveCursor(handle, enclave, batch.organizationId(), last);
    handle.afterCommit(() -> kept.increment((double) (last - contiguous)));
    return new AuditBatch.Kept(last);
  }

  private static void check(EnclaveId enclave, AuditBatch batch) {
    if (batch.organizationId() == null) {
      throw ProblemException.invalid("/organization_id", "is needed");
    }
    if (batch.first() < 1 || batch.lines().size() > MAX_LINES) {
      throw ProblemException.invalid("/lines", "are at most 500, numbered from 1");
    }
    for (int i = 0; i < batch.lines().size(); i++) {
      var line = batch.lines().get(i);
      boolean good =
          line.record() != null
              ? isWhole(line.record())
                  && line.record().organizationId().equals(batch.organizationId())
                  && (line.record().enclaveId() == null
                      || enclave.equals(line.record().enclaveId()))
              : line.outcome() != null
                  && isWhole(line.outcome())
                  && line.outcome().organizationId().equals(batch.organizationId());
      if (!good) {
        throw ProblemException.invalid(
            "/lines/" + i, "is not whole, or not of this organization and enclave");
      }
    }
  }

  @SuppressWarnings("ConstantValue") // what comes from the wire may lack anything
  private static boolean isWhole(AuditRecord record) {
    return record.id() != null
        && record.time() != null
        && record.organizationId() != null
        && record.plane() != null
        && record.operation() != null
        && record.verdict() != null
        && record.actorKind() != null;
  }

  @SuppressWarnings("ConstantValue") // what comes from the wire may lack anything
  private static boolean isWhole(AuditOutcome outcome) {
    return outcome.id() != null
        && outcome.time() != null
        && outcome.organizationId() != null
        && outcome.outcome() != null
        && outcome.outcome().status() != null;
  }

  private static void requireServed(Handle handle, EnclaveId enclave, OrganizationId organization) {
    boolean served =
        handle
            .createQuery(
                """
                SELECT true FROM control.enclave_organization
                WHERE enclave_id = :enclave AND organization_id = :organization
                """)
            .bind("enclave", enclave.uuid())
            .bind("organization", organization.uuid())
            .mapTo(Boolean.class)
            .findOne()
            .isPresent();
    if (!served) {
      throw ProblemException.of(ErrorType.NOT_FOUND);
    }
  }

  /** Deliveries to two processes at once wait for each other at the cursor's row. */
  private static long lockCursor(Handle handle, EnclaveId enclave, OrganizationId organization) {
    handle
        .createUpdate(
            """
            INSERT INTO control.audit_cursor (organization_id, enclave_id, contiguous)
            VALUES (:organization, :enclave, 0) ON CONFLICT DO NOTHING
            """)
        .bind("organization", organization.uuid())
        .bind("enclave", enclave.uuid())
        .execute();
    return handle
        .createQuery(
            """
            SELECT contiguous FROM control.audit_cursor
            WHERE organization_id = :organization AND enclave_id = :enclave FOR UPDATE
            """)
        .bind("organization", organization.uuid())
        .bind("enclave", enclave.uuid())
        .mapTo(Long.class)
        .one();
  }

  private void keep(Handle handle, EnclaveId enclave, AuditBatch batch, long from) {
    var records = new ArrayList<AuditStore.Numbered<AuditRecord>>();
    var outcomes = new ArrayList<AuditStore.Numbered<AuditOutcome>>();
    for (long number = from; number < batch.first() + batch.lines().size(); number++) {
      var line = batch.lines().get((int) (number - batch.first()));
      if (line.record() != null) {
        records.add(new AuditStore.Numbered<>(number, line.record()));
      } else if (line.outcome() != null) {
        outcomes.add(new AuditStore.Numbered<>(number, line.outcome()));
      }
    }
    var organization = batch.organizationId();
    var newRecords = store.append(handle, organization, enclave, records);
    var newOutcomes = store.conclude(handle, organization, enclave, outcomes);
    // What was there already was counted already.
    usage.count(handle, organization, halves(records, newRecords), halves(outcomes, newOutcomes));
  }

  private static <T> List<T> halves(List<AuditStore.Numbered<T>> lines, Set<Long> kept) {
    return lines.stream()
        .filter(line -> kept.contains(line.number()))
        .map(AuditStore.Numbered::half)
        .toList();
  }

  private static void moveCursor(
      Handle handle, EnclaveId enclave, OrganizationId organization, long contiguous) {
    handle
        .createUpdate(
            """
            UPDATE control.audit_cursor SET contiguous = :contiguous
            WHERE organization_id = :organization AND enclave_id = :enclave
            """)
        .bind("contiguous", contiguous)
        .bind("organization", organization.uuid())
        .bind("enclave", enclave.uuid())
        .execute();
  }
}
