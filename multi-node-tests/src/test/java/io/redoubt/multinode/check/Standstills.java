package io.redoubt.multinode.check;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * When the machine ran nobody: a thread that wants to run every few milliseconds notes where it did
 * not, and what other machines took from the processors of this one meanwhile. Whoever is to do
 * something within a second can only do it in seconds that there are.
 */
public final class Standstills implements AutoCloseable {
  private static final long EVERY_MILLIS = 10;

  /** Shorter ones are the scheduler's usual ways. */
  private static final Duration NOTICED = Duration.ofMillis(100);

  /** The kernel counts what is taken in hundredths of a second. */
  private static final Duration COUNTED_EVERY = Duration.ofMillis(100);

  private static final long NANOS_OF_A_TICK = Duration.ofMillis(10).toNanos();
  private static final Path STATISTICS = Path.of("/proc/stat");

  /** In that time, the machine was missing for so long. */
  private record Missing(Instant from, Instant until, Duration length) {
    Duration within(Instant first, Instant last) {
      Instant begin = from.isAfter(first) ? from : first;
      Instant end = until.isBefore(last) ? until : last;
      if (!begin.isBefore(end)) {
        return Duration.ZERO;
      }
      double share =
          (double) Duration.between(begin, end).toNanos() / Duration.between(from, until).toNanos();
      return Duration.ofNanos((long) (length.toNanos() * share));
    }
  }

  private final List<Missing> noticed = new CopyOnWriteArrayList<>();
  private final List<Missing> taken = new CopyOnWriteArrayList<>();
  private final Supplier<Instant> clock;
  private final Thread watch;

  /** Begins to watch. */
  public Standstills(Supplier<Instant> clock) {
    this(clock, Standstills::takenSoFar);
  }

  Standstills(Supplier<Instant> clock, LongSupplier taken) {
    this.clock = clock;
    this.watch = Thread.ofPlatform().daemon().name("standstills").start(() -> watch(taken));
  }

  private void watch(LongSupplier taken) {
    try {
      Instant counted = clock.get();
      long count = taken.getAsLong();
      while (true) {
        Instant before = clock.get();
        Thread.sleep(EVERY_MILLIS);
        Instant after = clock.get();
        note(before, after);
        if (Duration.between(counted, after).compareTo(COUNTED_EVERY) >= 0) {
          long now = taken.getAsLong();
          noteTaken(counted, after, Duration.ofNanos(now - count));
          counted = after;
          count = now;
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  void note(Instant before, Instant after) {
    var length = Duration.between(before, after);
    if (length.compareTo(NOTICED) >= 0) {
      noticed.add(new Missing(before, after, length));
    }
  }

  void noteTaken(Instant before, Instant after, Duration length) {
    if (length.isPositive()) {
      taken.add(new Missing(before, after, length));
    }
  }

  /**
   * What was taken from each processor since the machine started, in nanoseconds: the eighth number
   * of {@code cpu} in {@code /proc/stat}, proc_stat(5).
   */
  private static long takenSoFar() {
    try (var lines = Files.lines(STATISTICS)) {
      String[] all = lines.findFirst().orElseThrow().trim().split("\\s+");
      return Long.parseLong(all[8]) * NANOS_OF_A_TICK / Runtime.getRuntime().availableProcessors();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How long it was missing in that time, in all; what both ways noticed counts once. */
  public Duration between(Instant from, Instant until) {
    var still = sum(noticed, from, until);
    var away = sum(taken, from, until);
    return still.compareTo(away) > 0 ? still : away;
  }

  private static Duration sum(List<Missing> all, Instant from, Instant until) {
    return all.stream().map(each -> each.within(from, until)).reduce(Duration.ZERO, Duration::plus);
  }

  @Override
  public void close() {
    watch.interrupt();
  }

  @Override
  public String toString() {
    return "at a stretch: " + noticed + ", taken in all: " + sum(taken, Instant.MIN, Instant.MAX);
  }
}
