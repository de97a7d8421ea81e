package io.redoubt.enclave.agentapi;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Tells those for whom there is no place when to come back: each gets a turn of his own behind
 * those who were told before, as far apart as places become free. So a crowd comes back at the rate
 * at which it can be served, and not all at once. It is remembered until when turns are given, and
 * nobody who was told one (G11); whoever does not come back leaves a place unused, whoever comes
 * anew is told one behind the others.
 */
final class Turns {
  /** One in so many decides how long a place is held: about as many as are under way. */
  private static final int WEIGHT = 64;

  /** Until it is known how long. */
  private static final double AT_FIRST = TimeUnit.SECONDS.toNanos(1);

  private final int places;
  private final long longest;
  private final LongSupplier nanos;
  private final RandomGenerator random;
  private double held = AT_FIRST;
  private long given;

  /**
   * Nobody waits yet.
   *
   * @param places how many are served at a time
   * @param longest that anybody is told to wait: more than a second
   * @param nanos a monotonic clock
   */
  Turns(int places, Duration longest, LongSupplier nanos, RandomGenerator random) {
    this.places = places;
    this.longest = longest.toNanos();
    this.nanos = nanos;
    this.random = random;
    this.given = nanos.getAsLong();
  }

  /** Somebody had a place for so long, and gives it back. */
  synchronized void held(long duration) {
    held += (duration - held) / WEIGHT;
  }

  /** Gives somebody a turn; answers in how many seconds it is, at least one. */
  synchronized int seconds() {
    long now = nanos.getAsLong();
    long wait = Math.max(0, given - now) + (long) (held / places);
    if (wait > longest) {
      // Further than anybody can tell: somewhere in the later half, so that they come apart.
      given = now + longest;
      wait = longest / 2 + random.nextLong(longest / 2);
    } else {
      given = now + wait;
    }
    return (int) Math.max(1, Math.ceilDiv(wait, TimeUnit.SECONDS.toNanos(1)));
  }
}
