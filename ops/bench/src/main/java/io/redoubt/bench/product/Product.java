package io.redoubt.bench.product;

import io.redoubt.bench.measure.Measured;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The packaged product, started in processes of its own in an empty data directory, and stopped
 * again whatever happens to the bench, short of {@code kill -9}.
 */
public final class Product implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(3);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

  private final ProductOptions options;
  private final Path directory;
  private final Path data;
  private final Thread stopAtExit = new Thread(this::stopQuietly);
  private RuntimeFile runtime;
  private Duration startTime;
  private boolean up;

  private Product(ProductOptions options, Path directory) throws IOException, InterruptedException {
    this.options = options;
    this.directory = directory;
    this.data = directory.resolve("data");
    this.startTime = bringUp();
    this.runtime = RuntimeFile.read(data);
    Runtime.getRuntime().addShutdownHook(stopAtExit);
  }

  /** Starts it and waits until it says that it is ready. */
  public static Product start(ProductOptions options) throws IOException, InterruptedException {
    if (!Files.isExecutable(options.launcher)) {
      throw new IOException(
          options.launcher + " is not there: build ops/standalone, or use ops/bench/run");
    }
    Files.createDirectories(options.workDirectory);
    Path directory =
        Files.createTempDirectory(options.workDirectory.toAbsolutePath(), "bench-data-");
    try {
      return new Product(options, directory);
    } catch (IOException | InterruptedException e) {
      // It may have come up half; what stands in the directory says why, so that stays.
      run(options, directory, STOP_LIMIT, List.of("down", "--data-dir", data(directory)));
      throw e;
    }
  }

  private static String data(Path directory) {
    return directory.resolve("data").toString();
  }

  private Duration bringUp() throws IOException, InterruptedException {
    var arguments = new ArrayList<String>();
    arguments.addAll(List.of("up", "--detach", "--data-dir", data.toString()));
    arguments.addAll(List.of("--port-offset", Integer.toString(options.portOffset)));
    if (options.nodes > 0) {
      arguments.addAll(List.of("--nodes", Integer.toString(options.nodes)));
    }
    long start = System.nanoTime();
    int exit = run(options, directory, START_LIMIT, arguments);
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    if (exit != 0) {
      throw new IOException(
          "redoubt up ended with " + exit + "; see " + directory.resolve("redoubt.out"));
    }
    up = true;
    return took;
  }

  private static int run(
      ProductOptions options, Path directory, Duration limit, List<String> arguments)
      throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(options.launcher.toAbsolutePath().toString());
    command.addAll(arguments);
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(
        ProcessBuilder.Redirect.appendTo(directory.resolve("redoubt.out").toFile()));
    builder.environment().putAll(options.environment);
    Process process = builder.start();
    if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      process.destroyForcibly();
      throw new IOException("redoubt " + arguments.getFirst() + " took more than " + limit);
    }
    return process.exitValue();
  }

  /** Stops it and starts it again on the same data; answers how long the start took. */
  public Duration restart() throws IOException, InterruptedException {
    bringDown();
    startTime = bringUp();
    runtime = RuntimeFile.read(data);
    return startTime;
  }

  /** How long the last start took, until ready. */
  public Duration startTime() {
    return startTime;
  }

  public RuntimeFile runtime() {
    return runtime;
  }

  public Path dataDirectory() {
    return data;
  }

  /** The node that a client of that number goes to: they take turns. */
  public RuntimeFile.Node node(int client) {
    return runtime.enclaves().get(client % runtime.enclaves().size());
  }

  /** The nodes, each once: under one process there is one. */
  public List<RuntimeFile.Node> nodes() {
    return runtime.enclaves();
  }

  /** The product's processes, told apart as far as they are apart. */
  public List<Measured> parts() {
    var parts = new ArrayList<Measured>();
    long controlPlane = runtime.controlPlanePid();
    var nodes = runtime.enclaves().stream().map(RuntimeFile.Node::pid).distinct().sorted().toList();
    if (nodes.contains(controlPlane)) {
      parts.add(Measured.product("enclave+control plane", controlPlane));
    } else {
      parts.add(new Measured("enclave", nodes, false, true));
      parts.add(Measured.product("control plane", controlPlane));
    }
    Long postgres = runtime.postgresPid();
    if (postgres != null) {
      parts.add(Measured.productTree("PostgreSQL", postgres));
    }
    return parts;
  }

  private void bringDown() throws IOException, InterruptedException {
    up = false;
    int exit = run(options, directory, STOP_LIMIT, List.of("down", "--data-dir", data.toString()));
    if (exit != 0) {
      stopByForce();
    }
  }

  /** Only what this product's own file names, and only where down has failed. */
  private void stopByForce() {
    Long postgres = runtime.postgresPid();
    LongStream.concat(
            LongStream.of(runtime.controlPlanePid(), postgres == null ? -1 : postgres),
            runtime.enclaves().stream().mapToLong(RuntimeFile.Node::pid))
        .filter(pid -> pid > 0)
        .mapToObj(ProcessHandle::of)
        .flatMap(java.util.Optional::stream)
        .forEach(ProcessHandle::destroy);
  }

  private void stopQuietly() {
    try {
      if (up) {
        bringDown();
      }
    } catch (IOException | InterruptedException e) {
      stopByForce();
    }
  }

  @Override
  public void close() throws IOException {
    stopQuietly();
    Runtime.getRuntime().removeShutdownHook(stopAtExit);
    if (!options.keep) {
      deleteAll(directory);
    }
  }

  private static void deleteAll(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(file -> {
            try {
              Files.deleteIfExists(file);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }
}
