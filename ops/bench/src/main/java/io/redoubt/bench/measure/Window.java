package io.redoubt.bench.measure;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A stretch of time, and the processor time that was spent in it by whom. */
public final class Window {
  /**
   * What a window cost.
   *
   * @param nanos how long it was
   * @param cpuNanos by name
   * @param productCpuNanos of all parts of the product
   */
  public record Cost(
      long nanos,
      Map<String, Long> cpuNanos,
      long productCpuNanos,
      long machineCpuNanos,
      double stolenShare,
      double idleShare) {
    public Cost {
      cpuNanos = Collections.unmodifiableMap(new LinkedHashMap<>(cpuNanos));
    }

    public double productMicrosPer(long operations) {
      return productCpuNanos / 1e3 / operations;
    }
  }

  private final List<Measured> measured;
  private final long[] before;
  private final Machine.Ticks machineBefore;
  private final long start;

  private Window(List<Measured> measured) {
    this.measured = measured;
    this.before = measured.stream().mapToLong(Measured::nanos).toArray();
    this.machineBefore = Machine.Ticks.read();
    this.start = System.nanoTime();
  }

  public static Window open(List<Measured> measured) {
    return new Window(List.copyOf(measured));
  }

  public Cost close() {
    long nanos = System.nanoTime() - start;
    var machine = Machine.Ticks.read();
    var cpu = new LinkedHashMap<String, Long>();
    long product = 0;
    for (int i = 0; i < before.length; i++) {
      Measured part = measured.get(i);
      long spent = part.nanos() - before[i];
      cpu.merge(part.name(), spent, Long::sum);
      product += part.isProduct() ? spent : 0;
    }
    long busy = machine.busy() - machineBefore.busy();
    long idle = machine.idle() - machineBefore.idle();
    long stolen = machine.stolen() - machineBefore.stolen();
    double all = Math.max(1, busy + idle + stolen);
    return new Cost(
        nanos, cpu, product, busy * ProcessTimes.NANOS_PER_TICK, stolen / all, idle / all);
  }
}
