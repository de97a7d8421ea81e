package io.redoubt.enclave.membership;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this machine's clock agrees with the database's, by which every node of the enclave is
 * measured: tokens, revocations and permits are all a matter of minutes. While it does not, the
 * node permits nothing (G5). While nobody can tell, since the database is away, what was found last
 * counts, and the monotonic clock, which nobody sets, says what has passed since.
 */
public final class ClockWatch {
  private static final Logger LOG = LoggerFactory.getLogger(ClockWatch.class);

  /** An answer that took longer says less of the time than the one before it. */
  private static final Duration PROMPT = Duration.ofSeconds(1);

  private final Duration limit;
  private final Duration patience;
  private final InstantSource clock;
  private final LongSupplier nanos;
  private final Clock shared = new Shared();
  private final CompletableFuture<Void> beyondPatience = new CompletableFuture<>();
  private volatile Duration ahead = Duration.ZERO;
  private volatile boolean right = true;
  private volatile @Nullable Look last;

  /** By the monotonic clock; null: it is right. */
  private @Nullable Long wrongSince;

  /**
   * What was found at one moment.
   *
   * @param there the database's time
   * @param here this machine's
   * @param nanos the monotonic clock
   */
  private record Look(Instant there, Instant here, long nanos) {}

  /** What this machine's two clocks showed before the database was asked. */
  record Asked(Instant here, long nanos) {}

  /**
   * A clock that counts as right until it was looked at.
   *
   * @param clock this machine's
   * @param nanos the monotonic clock
   */
  ClockWatch(FormingConfig config, InstantSource clock, LongSupplier nanos) {
    this.limit = config.clockLimit();
    this.patience = config.clockPatience();
    this.clock = clock;
    this.nanos = nanos;
  }

  /** To be remembered until the database has answered. */
  Asked ask() {
    return new Asked(clock.instant(), nanos.getAsLong());
  }

  /**
   * The database's time, as far as it is known here: the same for all nodes of the enclave, and
   * untouched by whoever sets this machine's clock. Tokens and records are measured by it, and no
   * lease is: that, and the place in the database, are counted by the monotonic clock alone, which
   * goes on while this process stands still, so that both are over by the time that it wakes up
   * ({@code NodeLease}, {@link KeptHeartbeats}). However late this clock is, it keeps none alive.
   */
  public Clock shared() {
    return shared;
  }

  private final class Shared extends Clock {
    @Override
    public Instant instant() {
      Look look = last;
      return look == null
          ? clock.instant()
          : look.there().plusNanos(nanos.getAsLong() - look.nanos());
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
   * @param there the database's time
   */
  synchronized void compare(Asked asked, Instant there) {
    long now = nanos.getAsLong();
    // This machine's clock itself may have been set since.
    Instant here = asked.here().plusNanos(now - asked.nanos());
    ahead = ahead(asked.here(), there, here);
    boolean agrees = ahead.abs().compareTo(limit) <= 0;
    boolean leapt = jumped();
    if (agrees && !right) {
      LOG.info("This machine's clock is right again");
    } else if (!agrees && right) {
      LOG.error("{} Until it is set, this node is not ready and permits nothing", describe());
    }
    if (agrees && leapt && right) {
      LOG.warn("This machine's clock was set, or the machine slept: this node stops for a moment");
    }
    // In this order: nobody sees a jump forgiven that left the clock wrong, nor any before the next
    // look. A lease from before a sleep, in which its clock stood still, is over by then.
    right = agrees && !leapt;
    last = new Look(told(asked, there, here, now), here, now);
    if (agrees) {
      wrongSince = null;
    } else if (wrongSince == null) {
      wrongSince = now;
    } else if (now - wrongSince >= patience.toNanos()) {
      beyondPatience.complete(null);
    }
  }

  /**
   * The database's time now. Where the clocks differ, its own word: late by the way of its answer.
   * Where that took long, since this process stood still before the question went out or after the
   * answer had come, the look before says more: what has passed since then is known. The database's
   * word is the least that it can be.
   */
  private Instant told(Asked asked, Instant there, Instant here, long now) {
    Look before = last;
    if (before == null || now - asked.nanos() <= PROMPT.toNanos()) {
      return ahead.isZero() ? here : there;
    }
    Instant goneOn = before.there().plusNanos(now - before.nanos());
    return goneOn.isBefore(there) ? there : goneOn;
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

  /** Whether it was when it was looked at last, and has gone on since as clocks do. */
  public boolean right() {
    return right && !jumped();
  }

  /**
   * Whether it was set since, or the machine slept: then this machine's two clocks do not agree
   * about how long ago that is.
   */
  private boolean jumped() {
    Look look = last;
    if (look == null) {
      return false;
    }
    Duration passed = Duration.between(look.here(), clock.instant());
    return passed.minusNanos(nanos.getAsLong() - look.nanos()).abs().compareTo(limit) > 0;
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
