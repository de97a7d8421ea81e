package io.redoubt.standalone.up;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import io.redoubt.cli.settings.PrivateFiles;
import io.redoubt.cli.settings.RuntimeFile;
import io.redoubt.enclave.remoting.NodeNames;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.standalone.tls.LocalAuthority;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The enclave as several nodes, each a process of its own with its own ports, settings and
 * certificate. An authority of this machine vouches for them; its certificates are short-lived and
 * replaced while the nodes run.
 */
final class SeparateNodes implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SeparateNodes.class);
  private static final Duration CERTIFICATE_LIFETIME = Duration.ofDays(30);
  private static final Duration RENEW_EVERY = Duration.ofDays(1);

  private final Plan plan;
  private final EnclaveId enclave;
  private final Map<String, Object> shared;
  private final Optional<LocalAuthority> callers;
  private final LocalAuthority authority;
  private final NodeProcesses processes;
  private @Nullable Thread renewal;

  /**
   * Nodes that are not started yet.
   *
   * @param shared settings that all of them have in common
   * @param callers vouches for their servers, where these speak TLS
   */
  SeparateNodes(
      Plan plan,
      EnclaveId enclave,
      Map<String, Object> shared,
      Optional<LocalAuthority> callers,
      InstantSource clock,
      NodeProcesses.Listener listener)
      throws IOException {
    this.plan = plan;
    this.enclave = enclave;
    this.shared = shared;
    this.callers = callers;
    this.authority = LocalAuthority.openOrCreate(plan.data().clusterTls(), clock);
    this.processes = new NodeProcesses(plan.data().logs(), listener);
  }

  /** Starts all of them; they are not ready when this returns. */
  List<RuntimeFile.EnclaveNode> start() throws IOException {
    var started = new ArrayList<RuntimeFile.EnclaveNode>();
    for (int i = 0; i < plan.nodes().orElseThrow(); i++) {
      NodeDirectory directory = plan.data().node(name(i));
      Ports ports = plan.ports().ofNode(i);
      certify(directory);
      if (callers.isPresent()) {
        callers
            .get()
            .issue(plan.bind().getHostAddress())
            .write(directory.serverCertificate(), directory.serverKey());
      }
      PrivateFiles.write(directory.settings(), settings(directory, ports));
      started.add(
          new RuntimeFile.EnclaveNode(
              directory.name(),
              processes.start(directory),
              URI.create(plan.url(ports.agent())),
              URI.create(plan.url(ports.acting())),
              null,
              URI.create(plan.url(ports.management()))));
    }
    return started;
  }

  private static String name(int index) {
    return "node-" + (index + 1);
  }

  private void certify(NodeDirectory directory) throws IOException {
    authority
        .issueNode(NodeNames.of(enclave), CERTIFICATE_LIFETIME)
        .write(directory.certificate(), directory.privateKey());
  }

  private String settings(NodeDirectory directory, Ports ports) {
    var own = new HashMap<>(shared);
    own.put("redoubt.enclave.node", directory.name());
    ports.putServers(own, plan);
    own.put("redoubt.enclave.cluster.tls.certificate-file", directory.certificate().toString());
    own.put("redoubt.enclave.cluster.tls.private-key-file", directory.privateKey().toString());
    own.put(
        "redoubt.enclave.cluster.tls.ca-file",
        authority.certificateFile().toAbsolutePath().toString());
    own.put("redoubt.tls.certificate-file", text(directory.serverCertificate()));
    own.put("redoubt.tls.private-key-file", text(directory.serverKey()));
    return ConfigFactory.parseMap(own).root().render(ConfigRenderOptions.concise());
  }

  private String text(Path file) {
    return callers.isPresent() ? file.toString() : "";
  }

  /** Throws, and says why, where a node has given up. */
  void requireAlive() {
    processes.requireAlive();
  }

  /** From now on nodes that end are started again, and their certificates renewed. */
  void lookAfter() {
    processes.lookAfter();
    renewal = Thread.ofVirtual().name("node-certificates").start(this::renew);
  }

  private void renew() {
    try {
      while (true) {
        Thread.sleep(RENEW_EVERY);
        for (int i = 0; i < plan.nodes().orElseThrow(); i++) {
          try {
            certify(plan.data().node(name(i)));
          } catch (IOException e) {
            LOG.warn("The certificate of {} is not renewed: {}", name(i), e.getMessage());
          }
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    if (renewal != null) {
      renewal.interrupt();
    }
    processes.close();
  }
}
