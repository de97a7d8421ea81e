package io.redoubt.audit;

import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.AuditRecord;
import java.util.concurrent.CompletionStage;

/**
 * The enclave's append-only audit log. Every method completes when its line is durable and fails
 * where the database cannot be reached in time; the caller then permits nothing (G4, G5).
 */
public interface AuditLog {

  /** What became of an intent. */
  enum Permit {
    /** Durable: the act may begin. */
    RECORDED,
    /**
     * The agent's fence was raised since the decision: nothing was written, nothing is permitted.
     */
    FENCED
  }

  /**
   * Records an intent, if the agent's fence stands at {@code fence}. Its outcome follows through
   * {@link #conclude}, but not where this fails: the intent may have been written or not, and the
   * log itself then finds out and ends it.
   */
  CompletionStage<Permit> permit(AuditRecord intent, long fence);

  /** Records something that is complete in itself: a refusal, a rotation, a change of lifecycle. */
  CompletionStage<Void> record(AuditRecord complete);

  /** The same, unless one of that identifier was recorded before: then nothing changes. */
  CompletionStage<Void> recordOnce(AuditRecord complete);

  /** Records how an intent ended. A second outcome for the same intent is ignored. */
  CompletionStage<Void> conclude(AuditOutcome outcome);
}
