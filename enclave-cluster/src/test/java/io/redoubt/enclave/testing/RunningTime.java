package io.redoubt.enclave.testing;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The time for which this JVM ran. A node whose machine stands still for a second has no lease
 * after that, and has cut its streams: rightly, and in the middle of a test of something else. By
 * this clock next to no time has passed then; otherwise it goes with the real one.
 */
final class RunningTime implements LongSupplier {
  /** One for all, since nodes compare what they measured. */
  static final RunningTime NANOS = new RunningTime();

  private static final Duration STEP = Duration.ofMillis(10);

  /** What lies between two steps, and is longer, was a standstill. */
  private static final long MOST = 100_000_000;

  private long at = System.nanoTime();
  private long ran;

  private RunningTime() {
    Thread.ofPlatform().daemon().name("running-time").start(this::step);
  }

  @Override
  public synchronized long getAsLong() {
    return ran + Math.min(System.nanoTime() - at, MOST);
  }

  private synchronized void goOn() {
    ran = getAsLong();
    at = System.nanoTime();
  }

  private void step() {
    try {
      while (true) {
        Thread.sleep(STEP);
        goOn();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
