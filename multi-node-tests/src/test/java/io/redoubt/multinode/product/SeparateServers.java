package io.redoubt.multinode.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Control plane and enclave as processes of their own, as in real deployments: they take over the
 * database, the keys and the ports of a product whose only process was killed.
 */
public final class SeparateServers implements AutoCloseable {
  private static final Duration READY = Duration.ofSeconds(60);

  private final Product product;
  private final Installation runtime;
  private final Map<String, String> enclaveSettings;
  private final Map<String, String> controlPlaneSettings = new HashMap<>();
  private @Nullable Process controlPlane;
  private @Nullable Process enclave;

  private SeparateServers(Product product, Map<String, String> enclaveSettings) {
    this.product = product;
    this.runtime = product.runtime();
    this.enclaveSettings = new HashMap<>(enclaveSettings);
  }

  /** Kills the product's process and starts the two; ready when this returns. */
  public static SeparateServers instead(Product product) {
    return instead(product, Map.of());
  }

  /**
   * The same.
   *
   * @param enclaveSettings environment of the enclave, beyond what it needs
   */
  public static SeparateServers instead(Product product, Map<String, String> enclaveSettings) {
    product.killServers();
    var servers = new SeparateServers(product, enclaveSettings);
    try {
      servers.start();
      return servers;
    } catch (RuntimeException | Error e) {
      servers.close();
      throw e;
    }
  }

  private void start() {
    JsonNode passwords = Documents.read(product.postgres().resolve("secrets.json"));
    Path keys = product.directory().resolve("keys");
    String database = "jdbc:postgresql://127.0.0.1:" + runtime.databasePort() + "/redoubt";
    controlPlaneSettings.put("REDOUBT_DATABASE_URL", database);
    controlPlaneSettings.put(
        "REDOUBT_CONTROL_DATABASE_PASSWORD", passwords.required("redoubt_control").asText());
    controlPlaneSettings.put("REDOUBT_CONTROL_PORT", port(runtime.controlPlane()));
    controlPlaneSettings.put(
        "REDOUBT_JAVA_OPTS",
        Product.SHORT_LIVED
            + " -Dredoubt.control-plane.master-key-file="
            + keys.resolve("control.key"));
    startControlPlane();
    String key =
        product
            .secrets()
            .note(
                Operator.of(product)
                    .call(
                        "POST",
                        "/api/v1/enclaves/" + runtime.enclave() + "/rotate-key",
                        Documents.object())
                    .required("api_key")
                    .asText());
    var node = runtime.node();
    Map<String, String> settings = enclaveSettings;
    settings.put("REDOUBT_DATABASE_URL", database);
    settings.put(
        "REDOUBT_ENCLAVE_DATABASE_PASSWORD", passwords.required("redoubt_enclave").asText());
    settings.put("REDOUBT_NODE", node.name());
    settings.put("REDOUBT_AGENT_PORT", port(node.agent()));
    settings.put("REDOUBT_ACTING_PORT", port(node.acting()));
    settings.put("REDOUBT_MANAGEMENT_PORT", port(node.management()));
    settings.put("REDOUBT_CLUSTER_PORT", "0");
    settings.put("REDOUBT_DRAIN_NOTICE", "0 s");
    settings.put("REDOUBT_CONTROL_PLANE_URL", runtime.controlPlane().toString());
    settings.put("REDOUBT_ENCLAVE_API_KEY", key);
    settings.put("REDOUBT_ENCLAVE_MASTER_KEY_FILE", keys.resolve("enclave.key").toString());
    startEnclave();
  }

  /** Starts it, again where it was stopped; ready when this returns. */
  public void startControlPlane() {
    controlPlane = spawn("control-plane", controlPlaneSettings);
    awaitReady(runtime.controlPlane());
  }

  /** Ends it as an operator does; whoever calls finds nobody. */
  public void stopControlPlane() {
    stop(controlPlane);
    controlPlane = null;
  }

  /** {@code kill -9} of every node there is, and a start as after a power failure. */
  public void crashAndStartEnclave() {
    Process running = enclave;
    if (running == null) {
      throw new IllegalStateException("not started");
    }
    Processes.signal("KILL", List.of(running.pid()));
    Processes.awaitGone(List.of(running.pid()));
    startEnclave();
  }

  private void startEnclave() {
    enclave = spawn("enclave", enclaveSettings);
    awaitReady(runtime.node().management());
  }

  private static String port(URI uri) {
    return Integer.toString(uri.getPort());
  }

  private Process spawn(String server, Map<String, String> settings) {
    var output = product.evidence().resolve(server + ".log").toFile();
    var builder =
        new ProcessBuilder(product.launcher().toString(), server)
            .directory(product.directory().toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output));
    builder.environment().keySet().removeIf(name -> name.startsWith("REDOUBT_"));
    builder.environment().putAll(settings);
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitReady(URI server) {
    await(server + " is ready")
        .atMost(READY)
        .until(() ->
            product.http().attempt("GET", server.resolve("/ready"), Map.of(), null)
                    instanceof Attempt.Answered(var reply)
                && reply.status() == 200);
  }

  /** {@code SIGSTOP} of the control plane until closed: it takes connections and says nothing. */
  public Product.Stopped freezeControlPlane() {
    Process process = controlPlane;
    if (process == null) {
      throw new IllegalStateException("not started");
    }
    return new Product.Stopped(List.of(process.pid()));
  }

  /** Stops both, the enclave first: it has something left to say. */
  @Override
  public void close() {
    stop(enclave);
    stop(controlPlane);
  }

  private static void stop(@Nullable Process process) {
    if (process == null) {
      return;
    }
    process.destroy();
    try {
      boolean inTime = process.waitFor(30, TimeUnit.SECONDS);
      if (!inTime) {
        process.destroyForcibly();
      }
      assertThat(inTime).as("SIGTERM ends the server").isTrue();
      assertThat(process.exitValue()).as("exit code after SIGTERM").isZero();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
