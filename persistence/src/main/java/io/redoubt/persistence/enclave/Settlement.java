package io.redoubt.persistence.enclave;

import io.redoubt.audit.AuditLog;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.Outcome;
import java.time.Duration;
import java.util.List;

/**
 * Looks after this node's own intents: writes outcomes that could not be written when they were
 * known, ends intents whose answer was lost, and notes how far everything is settled (G4).
 */
final class Settlement {
  private final Incarnations incarnations;
  private final Incarnations.Begun self;
  private final OpenIntents open;
  private final AuditLog log;
  private final long doubtNanos;

  /**
   * @param certainty after which a lost write has either happened or never will: the server itself
   *     ends a transaction much sooner
   */
  Settlement(
      Incarnations incarnations,
      Incarnations.Begun self,
      OpenIntents open,
      AuditLog log,
      Duration certainty) {
    this.incarnations = incarnations;
    this.self = self;
    this.open = open;
    this.log = log;
    this.doubtNanos = certainty.toNanos();
  }

  void run() {
    for (AuditOutcome owed : open.owed()) {
      log.conclude(owed).toCompletableFuture().join();
    }
    settleDoubtful(List.copyOf(open.doubtfulBefore(System.nanoTime() - doubtNanos)));
    incarnations.raiseFloor(
        self.incarnation(), self.epoch(), open.advance(incarnations.oldestTransaction()));
  }

  private void settleDoubtful(List<OpenIntents.Key> doubtful) {
    if (doubtful.isEmpty()) {
      return;
    }
    var written = incarnations.openAmong(doubtful);
    // The caller was told that nothing is permitted, and did nothing.
    incarnations
        .conclude(written, Outcome.Status.REFUSED, "not-acknowledged", log)
        .toCompletableFuture()
        .join();
    doubtful.forEach(key -> open.settle(key.id()));
  }
}
