package io.redoubt.bench.measure;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Latencies of one measurement, to three digits, up to a minute. */
public final class Latencies {
  private static final long LONGEST = TimeUnit.MINUTES.toNanos(1);

  private final Histogram nanos = new Histogram(LONGEST, 3);

  public void record(long latencyNanos) {
    nanos.recordValue(Math.clamp(latencyNanos, 0, LONGEST));
  }

  public void reset() {
    nanos.reset();
  }

  /** Counts those of another measurement, too. */
  public void add(Latencies other) {
    nanos.add(other.nanos);
  }

  public long count() {
    return nanos.getTotalCount();
  }

  public double millis(double percentile) {
    return nanos.getValueAtPercentile(percentile) / 1e6;
  }

  public double micros(double percentile) {
    return nanos.getValueAtPercentile(percentile) / 1e3;
  }

  public double meanMillis() {
    return nanos.getMean() / 1e6;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "p50 %.2f ms   p95 %.2f ms   p99 %.2f ms   max %.2f ms",
        millis(50),
        millis(95),
        millis(99),
        nanos.getMaxValue() / 1e6);
  }
}
