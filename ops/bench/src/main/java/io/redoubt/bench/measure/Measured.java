package io.redoubt.bench.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Processes whose cost is told as one figure.
 *
 * @param pids its processes
 * @param withChildren whether their children belong to it, as a postmaster's do
 * @param isProduct whether it counts in what an operation costs
 */
public record Measured(String name, List<Long> pids, boolean withChildren, boolean isProduct) {
  public Measured {
    pids = List.copyOf(pids);
  }

  /** A part of the product, in processes of its own. */
  public static Measured product(String name, long pid) {
    return new Measured(name, List.of(pid), false, true);
  }

  /** A part of the product that does its work in child processes. */
  public static Measured productTree(String name, long pid) {
    return new Measured(name, List.of(pid), true, true);
  }

  /** Something that only helps to measure. */
  public static Measured helper(String name, long pid) {
    return new Measured(name, List.of(pid), false, false);
  }

  /**
   * Processor time so far. A child that ends between two readings moves from the living to those
   * its parent waited for, and so is in both sums; what the parent waited for counts only where
   * children count.
   */
  long nanos() {
    long ticks = 0;
    for (long pid : pids) {
      ticks +=
          ProcessTimes.of(pid).map(times -> withChildren ? times.ticks() : times.own()).orElse(0L);
      if (withChildren) {
        ticks += ProcessTimes.childrenOf(pid).mapToLong(ProcessTimes::ticks).sum();
      }
    }
    return ticks * ProcessTimes.NANOS_PER_TICK;
  }

  /** Memory that only these processes use, in bytes; what they share counts once. */
  public long residentBytes() {
    return pids.stream()
        .mapToLong(pid -> {
          long own = proportionalBytes(pid);
          return withChildren
              ? own
                  + ProcessTimes.childrenOf(pid)
                      .mapToLong(child -> proportionalBytes(child.pid()))
                      .sum()
              : own;
        })
        .sum();
  }

  /** PSS: a page that n processes share, as a database's buffers, counts 1/n in each. */
  private static long proportionalBytes(long pid) {
    try (var lines = Files.lines(Path.of("/proc/" + pid + "/smaps_rollup"))) {
      return lines
          .filter(line -> line.startsWith("Pss:"))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException _) {
      return 0;
    }
  }
}
