package io.redoubt.enclave.link;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait before the next attempt: twice as long each time, up to a limit, with jitter.
 */
final class Backoff {
  private final Duration min;
  private final Duration max;
  private Duration next;

  Backoff(Duration min, Duration max) {
    this.min = min;
    this.max = max;
    this.next = min;
  }

  /** Something went well: begin anew. */
  void reset() {
    next = min;
  }

  Duration next() {
    return next(max);
  }

  /** The same, and not longer than that, which the next one is reckoned from. */
  Duration next(Duration longest) {
    Duration limit = shorter(longest, max);
    Duration wait = shorter(next, limit);
    next = shorter(wait.multipliedBy(2), limit);
    // Between half and the whole, so that enclaves that lost the same server do not return as one.
    long half = Math.max(1, wait.toMillis() / 2);
    return Duration.ofMillis(half + ThreadLocalRandom.current().nextLong(half + 1));
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  void pause() throws InterruptedException {
    Thread.sleep(next());
  }

  void pause(Duration longest) throws InterruptedException {
    Thread.sleep(next(longest));
  }
}
