package io.redoubt.standalone.up;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.redoubt.cli.output.Progress;
import io.redoubt.cli.settings.RuntimeFile;
import io.redoubt.controlplane.Bootstrap;
import io.redoubt.enclave.Enclave;
import io.redoubt.enclave.EnclaveConfig;
import io.redoubt.enclave.EnclaveEnvironment;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.persistence.sealing.FileKeyProvider;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.standalone.demo.DemoProvider;
import io.redoubt.standalone.server.ControlPlaneProcess;
import io.redoubt.standalone.settings.Settings;
import io.redoubt.standalone.telemetry.Telemetry;
import io.redoubt.standalone.tls.LocalAuthority;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything in one process: database, control plane, enclave, and the demo provider where it was
 * asked for; or all but the enclave, whose nodes are then processes of their own. Started in the
 * order in which they need each other, stopped in the other.
 */
final class Installation implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Installation.class);
  private static final String ORGANIZATION = "default";
  private static final String OWNER = "owner";
  private static final String ENCLAVE = "local";

  private final Plan plan;
  private final Clock clock;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private boolean closed;

  private final Object runtimeLock = new Object();
  private @Nullable RuntimeFile runtime;
  private @Nullable Enclave enclave;
  private @Nullable SeparateNodes separate;

  private Installation(Plan plan, Clock clock) {
    this.plan = plan;
    this.clock = clock;
  }

  /**
   * Starts everything and returns when all of it is ready.
   *
   * @throws IllegalStateException with a plain sentence where something cannot start; what had
   *     started by then is stopped again
   */
  static Installation start(
      Plan plan, String version, Telemetry telemetry, Clock clock, Progress progress) {
    var installation = new Installation(plan, clock);
    try {
      installation.startAll(version, telemetry, progress);
      return installation;
    } catch (IOException e) {
      installation.close();
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      installation.close();
      throw e;
    }
  }

  private void startAll(String version, Telemetry telemetry, Progress progress) throws IOException {
    Config base = Settings.load();
    progress.say("Starting PostgreSQL");
    Databases databases = keep(Databases.open(plan, base));
    progress.say("Bringing the schema up to date");
    databases.migrate();

    Optional<LocalAuthority> authority =
        plan.tls()
            ? Optional.of(LocalAuthority.openOrCreate(plan.data().tls(), clock))
            : Optional.empty();
    Optional<SSLContext> tls = Optional.empty();
    if (authority.isPresent()) {
      tls = Optional.of(authority.get().issue(plan.bind().getHostAddress()).sslContext());
    }

    progress.say("Starting the control plane");
    ControlPlaneProcess controlPlane =
        keep(ControlPlaneProcess.start(controlPlaneConfig(base, databases), tls, telemetry, clock));
    Bootstrap bootstrap = controlPlane.bootstrap();
    OrganizationId organization = bootstrap.ensureOrganization(ORGANIZATION);
    Bootstrap.OwnerCredential owner = bootstrap.ensureOwner(organization, OWNER);
    Bootstrap.EnclaveCredential enrolled = bootstrap.ensureEnclave(organization, ENCLAVE);
    provideDemo(bootstrap, organization);

    progress.say("Starting the enclave");
    Optional<Path> caFile = authority.map(LocalAuthority::certificateFile);
    List<RuntimeFile.EnclaveNode> nodes;
    Runnable requireAlive = () -> {};
    if (plan.nodes().isPresent()) {
      // Made here, so that the nodes do not make it all at once.
      FileKeyProvider.openOrCreate(masterKey());
      SeparateNodes apart =
          keep(
              new SeparateNodes(
                  plan,
                  enrolled.enclaveId(),
                  enclaveSettings(databases, enrolled.apiKey(), caFile),
                  authority,
                  clock,
                  this::restarted));
      separate = apart;
      nodes = apart.start();
      requireAlive = apart::requireAlive;
    } else {
      var settings = enclaveSettings(databases, enrolled.apiKey(), caFile);
      plan.ports().putServers(settings, plan);
      nodes =
          List.of(startHere(ConfigFactory.parseMap(settings).withFallback(base), telemetry, tls));
    }
    progress.say("Waiting until everything is ready");
    var ready = new ArrayList<URI>();
    ready.add(URI.create(plan.url(plan.ports().controlPlane()) + "/ready"));
    nodes.forEach(node -> ready.add(node.managementUrl().resolve("/ready")));
    var probe = new ReadyProbe(clock);
    probe.await(ready, caFile, requireAlive);
    probe.awaitLink(() -> bootstrap.isLinked(organization, enrolled.enclaveId()));
    publish(
        databases,
        new RuntimeFile(
            version,
            URI.create(plan.url(plan.ports().controlPlane())),
            ProcessHandle.current().pid(),
            databases.pid().orElse(null),
            nodes,
            organization.toString(),
            enrolled.enclaveId().toString(),
            new RuntimeFile.OperatorClient(
                owner.clientId().toString(), owner.clientSecret().reveal()),
            databases.url(),
            caFile.map(Path::toString).orElse(null)));
    if (separate != null) {
      separate.lookAfter();
    }
  }

  private RuntimeFile.EnclaveNode startHere(
      Config config, Telemetry telemetry, Optional<SSLContext> tls) {
    Enclave node =
        keep(
            Enclave.start(
                EnclaveConfig.from(config),
                new EnclaveEnvironment(
                    telemetry.metrics(),
                    telemetry.metrics()::scrape,
                    telemetry.tracer("redoubt-enclave"),
                    clock,
                    System::nanoTime,
                    tls)));
    enclave = node;
    return new RuntimeFile.EnclaveNode(
        node.node(),
        ProcessHandle.current().pid(),
        node.agentUrl(),
        node.actingUrl(),
        null,
        node.managementUrl());
  }

  private void provideDemo(Bootstrap bootstrap, OrganizationId organization) throws IOException {
    if (plan.demo()) {
      DemoProvider demo = keep(DemoProvider.start(plan.ports().demo(), clock));
      bootstrap.ensureSimulatedProviders(
          organization,
          Map.of(
              ProviderSpec.Kind.ANTHROPIC, demo.anthropicBaseUrl(),
              ProviderSpec.Kind.OPENAI, demo.openAiBaseUrl()));
    } else {
      bootstrap.removeSimulatedProviders(organization);
    }
  }

  private Config controlPlaneConfig(Config base, Databases databases) {
    var own = new HashMap<String, Object>();
    database(own, "redoubt.control-plane.database", databases, DatabaseRole.CONTROL);
    own.put("redoubt.control-plane.host", plan.bind().getHostAddress());
    own.put("redoubt.control-plane.port", plan.ports().controlPlane());
    own.put(
        "redoubt.control-plane.master-key-file",
        plan.data().keys().resolve("control.key").toString());
    return ConfigFactory.parseMap(own).withFallback(base);
  }

  private Path masterKey() {
    return plan.data().keys().resolve("enclave.key");
  }

  /** What every node of the enclave has in common. */
  private Map<String, Object> enclaveSettings(
      Databases databases, Secret apiKey, Optional<Path> caFile) {
    var own = new HashMap<String, Object>();
    database(own, "redoubt.enclave.database", databases, DatabaseRole.ENCLAVE);
    own.put("redoubt.enclave.master-key-file", masterKey().toString());
    own.put("redoubt.enclave.cluster.seeds", List.of());
    // Whoever has this machine for themselves tries connectors with what runs on it.
    own.put("redoubt.proxy.tools.denied-addresses", List.of());
    // On one machine nobody balances loads.
    own.put("redoubt.enclave.drain-notice", "0 s");
    own.put("redoubt.enclave.link.url", plan.url(plan.ports().controlPlane()));
    own.put("redoubt.enclave.link.api-key", apiKey.reveal());
    own.put("redoubt.enclave.link.ca-file", caFile.map(Path::toString).orElse(""));
    return own;
  }

  private static void database(
      Map<String, Object> own, String section, Databases databases, DatabaseRole role) {
    own.put(section + ".url", databases.url());
    own.put(section + ".user", databases.user(role));
    own.put(section + ".password", databases.password(role).reveal());
  }

  /** Says where everything is, and says it again when a process was started anew. */
  private void publish(Databases databases, RuntimeFile known) throws IOException {
    known.write(plan.data().path());
    synchronized (runtimeLock) {
      runtime = known;
    }
    databases.onRestart(pid -> change(it -> it.withPostgresPid(pid)));
  }

  private void restarted(String node, long pid) {
    change(it -> it.withNodePid(node, pid));
  }

  private void change(UnaryOperator<RuntimeFile> change) {
    synchronized (runtimeLock) {
      if (runtime != null) {
        runtime = change.apply(runtime);
        try {
          runtime.write(plan.data().path());
        } catch (IOException e) {
          LOG.warn("runtime.json cannot be written: {}", e.getMessage());
        }
      }
    }
  }

  RuntimeFile runtime() {
    synchronized (runtimeLock) {
      if (runtime == null) {
        throw new IllegalStateException("not started");
      }
      return runtime;
    }
  }

  /**
   * Completes when the enclave node in this process has ended without being asked. Nodes with
   * processes of their own are started again instead.
   */
  CompletionStage<Done> whenBroken() {
    return enclave == null ? new CompletableFuture<>() : enclave.whenTerminated();
  }

  private <T extends AutoCloseable> T keep(T part) {
    started.push(part);
    return part;
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (AutoCloseable part : started) {
      try {
        part.close();
      } catch (Exception e) {
        LOG.warn("{} did not stop in order", part.getClass().getSimpleName(), e);
      }
    }
    plan.data().forgetRuntime();
  }
}
