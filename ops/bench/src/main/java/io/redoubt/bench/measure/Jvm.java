package io.redoubt.bench.measure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Looks into another JVM of this user with the JDK's own {@code jcmd}. */
public final class Jvm {
  private static final Pattern TOTAL = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)");
  private static final Pattern OF_CLASS =
      Pattern.compile("(?m)^\\s*\\d+:\\s+(\\d+)\\s+\\d+\\s+(\\S+)");
  private static final long LIMIT_SECONDS = 60;

  private Jvm() {}

  /**
   * What a JVM has spent on itself since it started; in HotSpot's counters all times are in
   * nanoseconds.
   *
   * @param pauses collections that stopped it
   * @param collectorCpuNanos processor time of all collector threads
   * @param compilerNanos time that its compilers worked
   */
  public record Upkeep(long pauses, long pauseNanos, long collectorCpuNanos, long compilerNanos) {
    public static Upkeep of(long pid) throws IOException, InterruptedException {
      return parse(jcmd(pid, "PerfCounter.print"));
    }

    /** Of several together. */
    public static Upkeep of(List<Long> pids) throws IOException, InterruptedException {
      var all = new Upkeep(0, 0, 0, 0);
      for (long pid : pids) {
        all = all.plus(of(pid));
      }
      return all;
    }

    private Upkeep plus(Upkeep other) {
      return new Upkeep(
          pauses + other.pauses,
          pauseNanos + other.pauseNanos,
          collectorCpuNanos + other.collectorCpuNanos,
          compilerNanos + other.compilerNanos);
    }

    static Upkeep parse(String counters) {
      return new Upkeep(
          sum(counters, "sun\\.gc\\.collector\\.\\d+\\.invocations"),
          sum(counters, "sun\\.gc\\.collector\\.\\d+\\.time"),
          sum(counters, "sun\\.threads\\.total_gc_cpu_time"),
          sum(counters, "java\\.ci\\.totalTime"));
    }

    public Upkeep since(Upkeep before) {
      return new Upkeep(
          pauses - before.pauses,
          pauseNanos - before.pauseNanos,
          collectorCpuNanos - before.collectorCpuNanos,
          compilerNanos - before.compilerNanos);
    }

    private static long sum(String counters, String name) {
      return Pattern.compile("(?m)^" + name + "=(\\d+)$")
          .matcher(counters)
          .results()
          .mapToLong(found -> Long.parseLong(found.group(1)))
          .sum();
    }
  }

  /**
   * What is alive in a JVM.
   *
   * @param instances how many there are of each class
   */
  public record Alive(long bytes, Map<String, Long> instances) {
    static Alive parse(String histogram) throws IOException {
      var total = TOTAL.matcher(histogram);
      if (!total.find()) {
        throw new IOException("no total in the class histogram");
      }
      return new Alive(
          Long.parseLong(total.group(1)),
          OF_CLASS
              .matcher(histogram)
              .results()
              .collect(
                  Collectors.toMap(
                      found -> found.group(2),
                      found -> Long.parseLong(found.group(1)),
                      Long::sum)));
    }

    /** Of classes of that name, whoever loaded them. */
    public long count(String className) {
      return instances.getOrDefault(className, 0L);
    }
  }

  /** What is left after a full collection. */
  public static Alive alive(long pid) throws IOException, InterruptedException {
    return Alive.parse(jcmd(pid, "GC.class_histogram"));
  }

  /** Bytes of what is left after a full collection. */
  public static long liveBytes(long pid) throws IOException, InterruptedException {
    return alive(pid).bytes();
  }

  /** Of several together. */
  public static long liveBytes(List<Long> pids) throws IOException, InterruptedException {
    long bytes = 0;
    for (long pid : pids) {
      bytes += liveBytes(pid);
    }
    return bytes;
  }

  /** Samples by processor time spent, native code included (JEP 509), beside the usual events. */
  public static void startProfile(long pid) throws IOException, InterruptedException {
    jcmd(
        pid,
        "JFR.start",
        "name=bench",
        "settings=profile",
        "jdk.CPUTimeSample#enabled=true",
        "jdk.CPUTimeSample#throttle=2ms");
  }

  public static void stopProfile(long pid, Path file) throws IOException, InterruptedException {
    jcmd(pid, "JFR.stop", "name=bench", "filename=" + file.toAbsolutePath());
  }

  private static String jcmd(long pid, String... command) throws IOException, InterruptedException {
    var arguments = new ArrayList<String>();
    arguments.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
    arguments.add(Long.toString(pid));
    arguments.addAll(List.of(command));
    Process process = new ProcessBuilder(arguments).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException("jcmd " + command[0] + ": " + output.strip());
    }
    return output;
  }
}
