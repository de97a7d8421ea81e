package io.redoubt.persistence.enclave;

import io.redoubt.audit.AuditLog;
import io.redoubt.persistence.batch.BatchWriter;
import io.redoubt.persistence.postgres.DatabaseUnavailableException;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.AuditRecord;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The audit log in PostgreSQL: lines of all callers share transactions (G4, G10). */
final class PostgresAuditLog implements AuditLog {
  private final BatchWriter<AuditLine, Permit> writer;
  private final OpenIntents open;

  PostgresAuditLog(BatchWriter<AuditLine, Permit> writer, OpenIntents open) {
    this.writer = writer;
    this.open = open;
  }

  @Override
  public CompletionStage<Permit> permit(AuditRecord intent, long fence) {
    var line = AuditLine.intent(intent, fence);
    if (!open.enter(line)) {
      return CompletableFuture.failedFuture(
          new DatabaseUnavailableException("too many intents wait for their outcome"));
    }
    return writer
        .submit(line, 1, true)
        .whenComplete((answer, failure) -> {
          if (failure != null) {
            // It may have been written all the same, and then it needs an outcome.
            open.doubt(line, System.nanoTime());
          } else if (answer == Permit.FENCED) {
            open.settle(line.id());
          }
        });
  }

  @Override
  public CompletionStage<Void> record(AuditRecord complete) {
    return writer.submit(AuditLine.complete(complete), 1, true).thenApply(_ -> null);
  }

  /** Of two lines with one identifier, the log keeps the first. */
  @Override
  public CompletionStage<Void> recordOnce(AuditRecord complete) {
    return record(complete);
  }

  @Override
  public CompletionStage<Void> conclude(AuditOutcome outcome) {
    return writer
        .submit(AuditLine.outcome(outcome), 1, false)
        .whenComplete((_, failure) -> {
          if (failure == null) {
            open.settle(outcome.id().uuid());
          } else {
            open.owe(outcome);
          }
        })
        .thenApply(_ -> null);
  }
}
