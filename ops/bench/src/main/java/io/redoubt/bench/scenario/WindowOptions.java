package io.redoubt.bench.scenario;

import picocli.CommandLine.Option;

/** How long a load runs. */
final class WindowOptions {
  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "before the first measured window (default: ${DEFAULT-VALUE})")
  int warmUp;

  @Option(
      names = "--seconds",
      paramLabel = "SECONDS",
      defaultValue = "15",
      description = "length of a measured window (default: ${DEFAULT-VALUE})")
  int seconds;

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "3",
      description = "measured windows; the one of median cost counts (default: ${DEFAULT-VALUE})")
  int runs;
}
