package io.redoubt.proxy.decide;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.audit.AuditLog;
import io.redoubt.protocol.audit.AuditOutcome;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that every intent gets its outcome (G4), also when the database is away for a while. A
 * repeat does no harm: the log keeps the first.
 */
public final class OutcomeWriter {
  private static final Logger LOG = LoggerFactory.getLogger(OutcomeWriter.class);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  /**
   * How an outcome is written when the database is away.
   *
   * @param attempts in all
   * @param backoff before the second, doubled each time, at most a minute
   * @param pending outcomes that wait for another attempt; more are given up, and counted
   */
  public record Retries(int attempts, Duration backoff, int pending) {}

  private final ActorSystem<?> system;
  private final AuditLog audit;
  private final Retries retries;
  private final AtomicInteger pending = new AtomicInteger();
  private final Counter lost;

  /**
   * Writes outcomes.
   *
   * @param of whose, for the names of its metrics
   */
  public OutcomeWriter(
      ActorSystem<?> system, AuditLog audit, Retries retries, String of, MeterRegistry metrics) {
    this.system = system;
    this.audit = audit;
    this.retries = retries;
    this.lost = metrics.counter("redoubt." + of + ".outcomes.lost");
    metrics.gauge("redoubt." + of + ".outcomes.pending", pending);
  }

  /** Writes an outcome. */
  public void write(AuditOutcome outcome) {
    write(outcome, () -> {});
  }

  /**
   * Writes an outcome.
   *
   * @param written runs once it is in the log
   */
  public void write(AuditOutcome outcome, Runnable written) {
    write(outcome, written, 1, retries.backoff());
  }

  private void write(AuditOutcome outcome, Runnable written, int attempt, Duration pause) {
    var _ =
        audit
            .conclude(outcome)
            .whenComplete((_, failure) -> {
              if (failure == null) {
                written.run();
              } else {
                again(outcome, written, attempt, pause, failure);
              }
            });
  }

  private void again(
      AuditOutcome outcome, Runnable written, int attempt, Duration pause, Throwable failure) {
    if (attempt >= retries.attempts() || pending.incrementAndGet() > retries.pending()) {
      if (attempt < retries.attempts()) {
        pending.decrementAndGet();
      }
      lost.increment();
      LOG.error("The outcome of {} could not be written: {}", outcome.id(), failure.toString());
      return;
    }
    var longer = pause.multipliedBy(2);
    var next = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
    var _ =
        system
            .scheduler()
            .scheduleOnce(
                pause,
                () -> {
                  pending.decrementAndGet();
                  write(outcome, written, attempt + 1, next);
                },
                system.executionContext());
  }
}
