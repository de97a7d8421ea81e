package io.redoubt.controlplane.approval;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.persistence.postgres.Database;
import java.time.Clock;
import java.time.Instant;

/**
 * Deletes requests for approval that have been over for long, and the votes and notices that hang
 * on them. What became of them stays in the audit log (G10).
 */
public final class Forgetting {
  /** In one transaction. */
  private static final int AT_ONCE = 500;

  /** In one run, so that one comes to an end; what is left has waited long and can wait on. */
  private static final int MOST_BATCHES = 100;

  private final ApprovalsConfig config;
  private final Database database;
  private final Counter forgotten;
  private final Clock clock;

  public Forgetting(ApprovalsConfig config, Database database, MeterRegistry metrics, Clock clock) {
    this.config = config;
    this.database = database;
    this.forgotten =
        Counter.builder("redoubt.approvals.forgotten")
            .description("Requests for approval that were deleted past their time")
            .register(metrics);
    this.clock = clock;
  }

  /** Blocks. Several processes may do so at once. */
  public void run() {
    Instant before = clock.instant().minus(config.keptFor());
    int some = AT_ONCE;
    for (int batch = 0; batch < MOST_BATCHES && some == AT_ONCE; batch++) {
      some =
          database.inTransactionBlocking(handle ->
              handle
                  .createQuery("SELECT control.purge_approvals(:before, :limit)")
                  .bind("before", before)
                  .bind("limit", AT_ONCE)
                  .mapTo(Integer.class)
                  .one());
      forgotten.increment(some);
    }
  }
}
