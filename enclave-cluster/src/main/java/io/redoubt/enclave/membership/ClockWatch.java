package io.redoubt.enclave.membership;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this machine's clock agrees with the database's, by which every node of the enclave is
 * measured: tokens, revocations and permits are all a matter of minutes. While it does not, the
 * node permits nothing (G5). While nobody can tell, since the database is away, what was found last
 * counts.
 */
public final class ClockWatch {
  private static final Logger LOG = LoggerFactory.getLogger(ClockWatch.class);

  private final Duration limit;
  private final Duration patience;
  private final InstantSource clock;
  private final Clock shared = new Shared();
  private final CompletableFuture<Void> beyondPatience = new CompletableFuture<>();
  private volatile Duration ahead = Duration.ZERO;
  private volatile boolean right = true;

  /** By the monotonic clock; null: it is right. */
  private @Nullable Long wrongSince;

  /**
   * A clock that counts as right until it was looked at.
   *
   * @param clock this machine's
   */
  ClockWatch(FormingConfig config, InstantSource clock) {
    this.limit = config.clockLimit();
    this.patience = config.clockPatience();
    this.clock = clock;
  }

  /** This machine's time. */
  Instant now() {
    return clock.instant();
  }

  /** The database's time, as far as it is known here: the same for all nodes of the enclave. */
  public Clock shared() {
    return shared;
  }

  private final class Shared extends Clock {
    @Override
    public Instant instant() {
      return clock.instant().minus(ahead);
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException("times are UTC");
    }
  }

  /**
   * Compares.
   *
   * @param before this machine's time before the database was asked
   * @param there the database's
   * @param nanos the monotonic clock
   */
  synchronized void compare(Instant before, Instant there, long nanos) {
    ahead = ahead(before, there, clock.instant());
    boolean agrees = ahead.abs().compareTo(limit) <= 0;
    if (agrees && !right) {
      LOG.info("This machine's clock is right again");
    } else if (!agrees && right) {
      LOG.error("{} Until it is set, this node is not ready and permits nothing", describe());
    }
    right = agrees;
    if (agrees) {
      wrongSince = null;
    } else if (wrongSince == null) {
      wrongSince = nanos;
    } else if (nanos - wrongSince >= patience.toNanos()) {
      beyondPatience.complete(null);
    }
  }

  /** As far as it is certain, since asking takes time; below zero: behind. */
  private static Duration ahead(Instant before, Instant there, Instant after) {
    if (there.isBefore(before)) {
      return Duration.between(there, before);
    }
    return there.isAfter(after) ? Duration.between(there, after) : Duration.ZERO;
  }

  /** A sentence about how wrong it is. */
  String describe() {
    return "This machine's clock is "
        + ahead.abs().toSeconds()
        + " seconds "
        + (ahead.isNegative() ? "behind" : "ahead of")
        + " the database's, and may be "
        + limit.toSeconds()
        + " seconds off.";
  }

  public boolean right() {
    return right;
  }

  /** By how much it differed when it was looked at last; below zero: behind. */
  public Duration ahead() {
    return ahead;
  }

  /** Completes when it has been wrong for so long that others have to do this node's work. */
  public CompletionStage<Void> whenBeyondPatience() {
    return beyondPatience.minimalCompletionStage();
  }
}
