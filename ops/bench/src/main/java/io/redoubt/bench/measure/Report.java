package io.redoubt.bench.measure;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** Prints measurements for people. */
public final class Report {
  private final PrintStream out;

  public Report(PrintStream out) {
    this.out = out;
  }

  public void title(String text) {
    out.println();
    out.println(text);
  }

  public void line(String name, String text) {
    out.printf(Locale.ROOT, "  %-24s %s%n", name, text);
  }

  /**
   * Throughput and processor time per operation.
   *
   * @param operation what is counted, in the singular
   */
  public void cost(String operation, long operations, Window.Cost cost) {
    line(
        operation + "s",
        String.format(
            Locale.ROOT,
            "%d in %.1f s: %.0f/s",
            operations,
            cost.nanos() / 1e9,
            operations / (cost.nanos() / 1e9)));
    if (operations == 0) {
      return;
    }
    cost.cpuNanos()
        .forEach((name, nanos) -> {
          line("CPU " + name, micros(nanos, operation, operations));
        });
    line("CPU product together", micros(cost.productCpuNanos(), operation, operations));
    line(
        "CPU whole machine",
        String.format(
            Locale.ROOT,
            "%s; idle %.0f %%, stolen %.1f %%",
            micros(cost.machineCpuNanos(), operation, operations),
            100 * cost.idleShare(),
            100 * cost.stolenShare()));
  }

  public void latencies(String name, Latencies latencies) {
    line(name, latencies.toString());
  }

  /** What the JVM that served spent on itself; part of its processor time above. */
  public void upkeep(String operation, long operations, Jvm.Upkeep upkeep) {
    line(
        "of that, the JVM itself",
        String.format(
            Locale.ROOT,
            "compilers %s (elapsed); collector %s; %d pauses, %.1f ms together",
            micros(upkeep.compilerNanos(), operation, operations),
            micros(upkeep.collectorCpuNanos(), operation, operations),
            upkeep.pauses(),
            upkeep.pauseNanos() / 1e6));
  }

  /** Memory of the product's parts. */
  public void memory(List<Measured> measured) {
    for (Measured part : measured) {
      if (part.isProduct()) {
        line("memory " + part.name(), "%.0f MiB (PSS)".formatted(mebibytes(part.residentBytes())));
      }
    }
  }

  public void goals(List<Goal> goals) {
    if (goals.isEmpty()) {
      return;
    }
    title("Must reach");
    for (Goal goal : goals) {
      out.printf(
          Locale.ROOT,
          "  %-58s %-14s %-14s %s%n",
          goal.name(),
          goal.limit(),
          goal.figure(),
          goal.reached() ? "reached" : "MISSED");
    }
  }

  private static String micros(long nanos, String operation, long operations) {
    return String.format(Locale.ROOT, "%.1f µs per %s", nanos / 1e3 / operations, operation);
  }

  public static double mebibytes(long bytes) {
    return Math.rint(bytes / 1048576.0);
  }
}
