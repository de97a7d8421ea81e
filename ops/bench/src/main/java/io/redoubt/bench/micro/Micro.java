package io.redoubt.bench.micro;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs the JMH benchmarks of this package. */
@Command(
    name = "micro",
    description = "Single operations in isolation: signing, hashing, serialization, policy")
public final class Micro implements Callable<Integer> {
  private static final int ITERATIONS = 3;

  @Parameters(
      arity = "0..1",
      defaultValue = ".*",
      paramLabel = "PATTERN",
      description = "which benchmarks (default: all)")
  private String pattern = ".*";

  @Option(
      names = "--seconds",
      defaultValue = "2",
      description = "of each iteration (default: ${DEFAULT-VALUE})")
  private int seconds;

  @Option(names = "--percentiles", description = "how long single calls take, not their average")
  private boolean percentiles;

  @Override
  public Integer call() throws RunnerException {
    var options =
        new OptionsBuilder()
            .include(Micro.class.getPackageName() + ".*" + pattern)
            .mode(percentiles ? Mode.SampleTime : Mode.AverageTime)
            .timeUnit(TimeUnit.MICROSECONDS)
            .forks(1)
            .jvmArgsAppend(
                "--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED")
            .warmupIterations(ITERATIONS)
            .warmupTime(TimeValue.seconds(seconds))
            .measurementIterations(ITERATIONS)
            .measurementTime(TimeValue.seconds(seconds))
            .addProfiler(GCProfiler.class)
            .build();
    new Runner(options).run();
    return 0;
  }
}
