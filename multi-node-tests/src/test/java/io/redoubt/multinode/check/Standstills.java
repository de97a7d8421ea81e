package io.redoubt.multinode.check;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * When the machine ran nobody: a thread that wants to run every few milliseconds notes where it did
 * not. Whoever is to do something within a second can only do it in seconds that there are.
 */
public final class Standstills implements AutoCloseable {
  private static final long EVERY_MILLIS = 10;

  /** Shorter ones are the scheduler's usual ways. */
  private static final Duration NOTICED = Duration.ofMillis(100);

  private record Standstill(Instant from, Instant until) {}

  private final List<Standstill> noticed = new CopyOnWriteArrayList<>();
  private final Supplier<Instant> clock;
  private final Thread watch;

  /** Begins to watch. */
  public Standstills(Supplier<Instant> clock) {
    this.clock = clock;
    this.watch = Thread.ofPlatform().daemon().name("standstills").start(this::watch);
  }

  private void watch() {
    try {
      while (true) {
        Instant before = clock.get();
        Thread.sleep(EVERY_MILLIS);
        note(before, clock.get());
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  void note(Instant before, Instant after) {
    if (Duration.between(before, after).compareTo(NOTICED) >= 0) {
      noticed.add(new Standstill(before, after));
    }
  }

  /** How long it stood still in that time, in all. */
  public Duration between(Instant from, Instant until) {
    var total = Duration.ZERO;
    for (var each : noticed) {
      Instant begin = each.from().isAfter(from) ? each.from() : from;
      Instant end = each.until().isBefore(until) ? each.until() : until;
      if (begin.isBefore(end)) {
        total = total.plus(Duration.between(begin, end));
      }
    }
    return total;
  }

  @Override
  public void close() {
    watch.interrupt();
  }

  @Override
  public String toString() {
    return noticed.toString();
  }
}
