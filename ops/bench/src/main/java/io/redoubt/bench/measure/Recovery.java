package io.redoubt.bench.measure;

import java.util.Locale;

/**
 * What it adds to an operation that its agent has to be read back first: the same agents asked the
 * same, once when they were idle and once when they were in memory.
 *
 * @param meanMillis for each of them; the mean of a difference is the difference of the means
 * @param p50Millis how far the medians are apart
 * @param p99Millis how far the ninety-ninth of a hundred are apart
 */
public record Recovery(long agents, double meanMillis, double p50Millis, double p99Millis) {
  public static Recovery of(Latencies cold, Latencies warm) {
    if (cold.count() == 0 || cold.count() != warm.count()) {
      throw new IllegalArgumentException(
          "%d were read back, and %d in memory".formatted(cold.count(), warm.count()));
    }
    return new Recovery(
        cold.count(),
        cold.meanMillis() - warm.meanMillis(),
        cold.millis(50) - warm.millis(50),
        cold.millis(99) - warm.millis(99));
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%.2f ms for each of %d agents with its family (p50 %.2f ms, p99 %.2f ms)",
        meanMillis,
        agents,
        p50Millis,
        p99Millis);
  }
}
