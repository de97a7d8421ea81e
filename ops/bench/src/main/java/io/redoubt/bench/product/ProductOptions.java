package io.redoubt.bench.product;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How the product is started for a measurement. */
public final class ProductOptions {
  @Option(
      names = "--redoubt",
      paramLabel = "FILE",
      defaultValue = "${sys:redoubt.launcher:-ops/standalone/target/redoubt/bin/redoubt}",
      description = "the packaged product's launcher (default: ${DEFAULT-VALUE})")
  Path launcher = Path.of("redoubt");

  @Option(
      names = "--port-offset",
      paramLabel = "N",
      defaultValue = "20000",
      description = "added to every port of the product (default: ${DEFAULT-VALUE})")
  int portOffset;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "0",
      description = "enclave nodes in processes of their own; 0: everything in one process")
  int nodes;

  @Option(
      names = "--work-dir",
      paramLabel = "DIR",
      defaultValue = "${sys:redoubt.bench.work:-ops/bench/target}",
      description =
          "where the data directory is made; on a real disk, or fsync costs nothing"
              + " (default: ${DEFAULT-VALUE})")
  Path workDirectory = Path.of("target");

  @Option(
      names = "--env",
      paramLabel = "NAME=VALUE",
      description = "a setting of the product, such as JAVA_TOOL_OPTIONS=-Xmx512m")
  Map<String, String> environment = Map.of();

  @Option(
      names = "--profile",
      paramLabel = "FILE",
      description = "record the last window with Java Flight Recorder; itself costs a few percent")
  @Nullable Path profile;

  @Option(names = "--keep", description = "do not delete the data directory")
  boolean keep;

  /** In so many nodes, unless the command line says otherwise. */
  public ProductOptions orNodes(int usual) {
    return nodes == 0 ? nodes(usual) : this;
  }

  public ProductOptions nodes(int count) {
    nodes = count;
    return this;
  }

  /** With these settings of the product, beside those of the command line. */
  public ProductOptions with(Map<String, String> settings) {
    var all = new HashMap<>(environment);
    settings.forEach((key, value) ->
        all.merge("REDOUBT_JAVA_OPTS", "-D" + key + "=" + value, (a, b) -> b + " " + a));
    environment = Map.copyOf(all);
    return this;
  }

  public @Nullable Path profile() {
    return profile;
  }
}
