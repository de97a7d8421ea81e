package io.redoubt.bench.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** The machine beneath: what a reader must know before believing a figure. */
public final class Machine {
  private static final int SYNCS = 50;
  private static final int PAGE = 8192;

  private Machine() {}

  /**
   * All processors' time since boot, in ticks ({@code /proc/stat}).
   *
   * @param busy everything but idle and stolen
   * @param stolen by the machine's host
   */
  record Ticks(long busy, long idle, long stolen) {
    static Ticks read() {
      try {
        return parse(Files.readString(Path.of("/proc/stat")));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    static Ticks parse(String stat) {
      String[] fields = stat.substring(0, stat.indexOf('\n')).trim().split("\\s+", -1);
      long[] times = new long[8];
      for (int i = 0; i < times.length; i++) {
        times[i] = Long.parseLong(fields[i + 1]);
      }
      // user, nice, system, idle, iowait, irq, softirq, steal
      return new Ticks(
          times[0] + times[1] + times[2] + times[5] + times[6], times[3] + times[4], times[7]);
    }
  }

  /** Describes processors, kernel and disk in one line. */
  public static String describe(Path data) {
    try {
      return String.format(
          Locale.ROOT,
          "%d processors, Linux %s, Java %s, %s, fsync of a page %.2f ms%s",
          Runtime.getRuntime().availableProcessors(),
          System.getProperty("os.version"),
          Runtime.version(),
          Files.getFileStore(data).type(),
          syncMillis(data),
          autogroups() ? "; the kernel shares processors out by session" : "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Half of all syncs of a page take at most this. */
  private static double syncMillis(Path directory) throws IOException {
    Path file = Files.createTempFile(directory, "sync", ".tmp");
    var times = new Histogram(3);
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (int i = 0; i < SYNCS; i++) {
        long start = System.nanoTime();
        channel.write(ByteBuffer.allocate(PAGE), (long) i * PAGE);
        channel.force(false);
        times.recordValue(System.nanoTime() - start);
      }
    } finally {
      Files.delete(file);
    }
    return times.getValueAtPercentile(50) / 1e6;
  }

  private static boolean autogroups() throws IOException {
    Path setting = Path.of("/proc/sys/kernel/sched_autogroup_enabled");
    return Files.isReadable(setting) && Files.readString(setting).startsWith("1");
  }
}
