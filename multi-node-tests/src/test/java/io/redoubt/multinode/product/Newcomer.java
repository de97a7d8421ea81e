package io.redoubt.multinode.product;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A further node of a product's enclave, or something that claims to be one: with the settings of
 * its first node, but for what is its own or wrong.
 */
public final class Newcomer implements AutoCloseable {
  private static final int INDEX = 3;

  private final Product product;
  private final String name;
  private final Path output;
  private final Process process;

  private Newcomer(Product product, String name, Path output, Process process) {
    this.product = product;
    this.name = name;
    this.output = output;
    this.process = process;
  }

  /**
   * Starts it.
   *
   * @param settings besides name and ports, which win over these
   * @param javaOptions of its JVM
   */
  public static Newcomer start(
      Product product, String name, Map<String, Object> settings, List<String> javaOptions) {
    var ports = product.ports();
    var own = new TreeMap<String, Object>();
    own.put("redoubt.enclave.node", name);
    own.put("redoubt.enclave.cluster.port", ports.artery(INDEX));
    own.put("redoubt.enclave.servers.agent.port", ports.agent(INDEX));
    own.put("redoubt.enclave.servers.acting.port", ports.acting(INDEX));
    own.put("redoubt.enclave.servers.management.port", ports.management(INDEX));
    own.putAll(settings);
    try {
      Path directory = Files.createDirectories(product.directory().resolve("newcomers"));
      Path file = Files.createTempFile(directory, name, ".conf");
      Files.writeString(file, text(product, own));
      Path output =
          Files.createDirectories(product.evidence())
              .resolve(file.getFileName().toString().replace(".conf", ".log"));
      var builder =
          new ProcessBuilder(product.launcher().toString(), "enclave")
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile());
      builder.environment().keySet().removeIf(key -> key.startsWith("REDOUBT_"));
      builder
          .environment()
          .put(
              "REDOUBT_JAVA_OPTS",
              "%s -Dconfig.file=%s %s"
                  .formatted(Product.SHORT_LIVED, file, String.join(" ", javaOptions)));
      return new Newcomer(product, name, output, builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(Product product, Map<String, Object> own) {
    var text = new StringBuilder();
    text.append("include file(\"")
        .append(product.directory().resolve("nodes/node-1/node.conf"))
        .append("\")\n");
    own.forEach((key, value) -> text.append(key).append(" = \"").append(value).append("\"\n"));
    return text.toString();
  }

  /** Where it is asked, once it is ready. */
  public Installation.Node node() {
    var ports = product.ports();
    return new Installation.Node(
        name,
        process.pid(),
        uri(ports.agent(INDEX)),
        uri(ports.acting(INDEX)),
        uri(ports.management(INDEX)));
  }

  private static URI uri(int port) {
    return URI.create("http://127.0.0.1:" + port);
  }

  public boolean ready() {
    return product.http().attempt("GET", node().management().resolve("/ready"), Map.of(), null)
            instanceof Attempt.Answered(var reply)
        && reply.status() == 200;
  }

  /** Waits until it has given up; answers what it said. */
  public String awaitFailure() {
    try {
      assertThat(process.waitFor(Duration.ofSeconds(45).toMillis(), TimeUnit.MILLISECONDS))
          .as("%s gives up; see %s", name, output)
          .isTrue();
      assertThat(process.exitValue()).as("exit code of %s", name).isNotZero();
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** {@code kill -9}. */
  public void kill() {
    product.crash(process.pid());
  }

  /** Stops it in order, where it still runs. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(45, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(name + " does not stop; see " + output);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
