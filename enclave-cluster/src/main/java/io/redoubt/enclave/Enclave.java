package io.redoubt.enclave;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.redoubt.enclave.membership.MemberRoles;
import io.redoubt.enclave.membership.Membership;
import io.redoubt.enclave.membership.SameEnclave;
import io.redoubt.enclave.remoting.ArterySslEngines;
import io.redoubt.enclave.remoting.Dialled;
import io.redoubt.persistence.enclave.EnclaveStore;
import io.redoubt.persistence.enclave.EnclaveStoreConfig;
import io.redoubt.persistence.migrate.SchemaVersion;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseConfig;
import io.redoubt.persistence.postgres.Durability;
import io.redoubt.persistence.sealing.FileKeyProvider;
import io.redoubt.persistence.sealing.KeySchema;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.proxy.stream.Cut;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.Done;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node of an enclave, running. In a process of its own, or beside others in one process: it
 * brings its own actor system, database pool and servers, and takes them with it when it is closed.
 */
public final class Enclave implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Enclave.class);
  private static final String SYSTEM = "redoubt-enclave";

  /** For the last phase of the shutdown: a partition must not keep a node from ending. */
  private static final Duration TERMINATE_LIMIT = Duration.ofSeconds(5);

  private static final String PLACE_GONE =
      "This node was silent for so long that its place was given away; it ends itself, and may be"
          + " started again";
  private static final String CLOCK_WRONG =
      "This machine's clock has been wrong for so long that this node leaves to others what it has;"
          + " set the clock, and start it again";

  private final EnclaveConfig config;
  private final Database database;
  private final Membership membership;
  private final EnclaveStore store;
  private final ActorSystem<Void> system;
  private final CompletionStage<Done> ended;
  private final EnclaveServers servers;

  private Enclave(
      EnclaveConfig config,
      Database database,
      Membership membership,
      EnclaveStore store,
      ActorSystem<Void> system,
      CompletionStage<Done> ended,
      EnclaveServers servers) {
    this.config = config;
    this.database = database;
    this.membership = membership;
    this.store = store;
    this.system = system;
    this.ended = ended;
    this.servers = servers;
  }

  /**
   * Starts a node and waits until it is ready.
   *
   * @throws IllegalStateException with a plain sentence where it cannot start
   */
  public static Enclave start(EnclaveConfig config, EnclaveEnvironment environment) {
    var database =
        Database.open(
            DatabaseConfig.from(config.whole().getConfig("redoubt.enclave.database")),
            environment.metrics());
    try {
      String schema = SchemaVersion.require(database);
      Durability.require(database);
      // Before anything is done in the node's name: another process may have it.
      var membership =
          Membership.claim(
              database, config.cluster().forming(), applicant(config), environment.clock());
      try {
        // One time for all nodes: what one of them signs or records, another judges at once.
        var shared = environment.at(membership.clock().shared());
        return start(config, shared, database, membership, schema);
      } catch (RuntimeException e) {
        membership.close();
        throw e;
      }
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
  }

  private static Membership.Applicant applicant(EnclaveConfig config) {
    var cluster = config.cluster();
    return new Membership.Applicant(
        config.node(),
        config.link().enclave(),
        cluster.port() == 0 ? Optional.empty() : Optional.of(cluster.host() + ":" + cluster.port()),
        Release.version());
  }

  private static Enclave start(
      EnclaveConfig config,
      EnclaveEnvironment environment,
      Database database,
      Membership membership,
      String schema) {
    var keyring =
        new Keyring(
            FileKeyProvider.openOrCreate(config.masterKeyFile()), database, KeySchema.ENCLAVE);
    var store =
        EnclaveStore.open(
            database,
            keyring,
            EnclaveStoreConfig.from(config.whole().getConfig("redoubt.enclave.store")),
            environment.metrics(),
            environment.clock(),
            config.node());
    try {
      requireOwnDatabase(store, config);
      store.start();
      return start(config, environment, database, membership, schema, store);
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  /** Two enclaves in one database would be one enclave with two opinions. */
  private static void requireOwnDatabase(EnclaveStore store, EnclaveConfig config) {
    var kept = within(config.startLimit(), store.linkState().load());
    EnclaveId own = config.link().enclave();
    kept.filter(it -> !it.enclave().equals(own))
        .ifPresent(other -> {
          throw new IllegalStateException(
              "The database belongs to enclave "
                  + other.enclave()
                  + ", and the API key to "
                  + own
                  + ".");
        });
  }

  private static Enclave start(
      EnclaveConfig config,
      EnclaveEnvironment environment,
      Database database,
      Membership membership,
      String schema,
      EnclaveStore store) {
    var wired = new CompletableFuture<EnclaveNode>();
    var dialled = new Dialled();
    var system =
        ActorSystem.create(
            EnclaveNode.create(config, database, membership, store, environment, wired),
            SYSTEM,
            setup(
                config,
                pekko(config, environment, store.incarnation(), membership.session(), schema),
                dialled));
    CompletionStage<Done> ended = whenEnded(system);
    try {
      ended.thenRun(() -> wired.completeExceptionally(endedEarly()));
      // A node that has left is nobody whom others should ask to be let in.
      ended.thenRunAsync(membership::close);
      EnclaveNode node = within(config.startLimit(), wired);
      membership.whenPutOut().thenRun(() -> giveUp(node, system, PLACE_GONE));
      membership.clock().whenBeyondPatience().thenRun(() -> giveUp(node, system, CLOCK_WRONG));
      var servers = new EnclaveServers(config, environment, node, store);
      within(config.startLimit(), servers.startManagement());
      within(config.startLimit(), node.loadPolicies());
      membership.form(system, config.cluster().seeds(), config.startLimit(), dialled::refusal);
      within(config.startLimit(), node.settlePolicies());
      node.settleAbandoned();
      within(config.startLimit(), node.prepare());
      within(config.startLimit(), servers.start());
      LOG.info(
          "Enclave {} runs as {}: agents at {}, models at {}",
          node.enclave,
          config.node(),
          servers.agentUrl(),
          servers.actingUrl());
      return new Enclave(config, database, membership, store, system, ended, servers);
    } catch (RuntimeException e) {
      system.terminate();
      awaitQuietly(ended);
      throw e;
    }
  }

  /** It is permitted nothing any more; others do its work. */
  private static void giveUp(EnclaveNode node, ActorSystem<?> system, String why) {
    if (CoordinatedShutdown.get(system).getShutdownReason().isPresent()) {
      return; // It is leaving, and the others were quick to see it gone.
    }
    LOG.error(why);
    node.readiness.drain();
    node.streams.cutAll(Cut.NODE_ENDS);
    system.terminate();
  }

  /**
   * Completes when the node is no more. Its connections to nodes that it cannot reach may keep the
   * actor system from terminating for as long as that lasts; all else is closed by then, and it is
   * not waited for.
   */
  private static CompletionStage<Done> whenEnded(ActorSystem<?> system) {
    var ended = new CompletableFuture<Done>();
    var _ = system.getWhenTerminated().thenAccept(ended::complete);
    CoordinatedShutdown.get(system)
        .addTask(
            CoordinatedShutdown.PhaseActorSystemTerminate(),
            "do-not-wait-for-ever",
            () -> {
              CompletableFuture.delayedExecutor(TERMINATE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                  .execute(() -> {
                    if (ended.complete(Done.getInstance())) {
                      LOG.warn("Connections to other nodes do not close; going without them");
                    }
                  });
              return CompletableFuture.completedFuture(Done.getInstance());
            });
    return ended.minimalCompletionStage();
  }

  private static IllegalStateException endedEarly() {
    return new IllegalStateException("The actor system ended while the enclave was starting.");
  }

  private static ActorSystemSetup setup(EnclaveConfig config, Config pekko, Dialled dialled) {
    var bootstrap = BootstrapSetup.create(pekko);
    return config.cluster().tls().enabled()
        ? ActorSystemSetup.create(
            bootstrap,
            ArterySslEngines.setup(config.cluster().tls(), config.link().enclave(), dialled))
        : ActorSystemSetup.create(bootstrap);
  }

  private static Config pekko(
      EnclaveConfig config,
      EnclaveEnvironment environment,
      long incarnation,
      UUID session,
      String schema) {
    var cluster = config.cluster();
    var own = new HashMap<String, Object>();
    own.put("pekko.remote.artery.canonical.hostname", cluster.host());
    own.put("pekko.remote.artery.canonical.port", cluster.port());
    cluster.bindHost().ifPresent(host -> own.put("pekko.remote.artery.bind.hostname", host));
    if (cluster.bindPort() != 0) {
      own.put("pekko.remote.artery.bind.port", cluster.bindPort());
    }
    own.put("pekko.remote.artery.transport", cluster.tls().enabled() ? "tls-tcp" : "tcp");
    own.put(
        "pekko.cluster.roles",
        MemberRoles.of(config.node(), environment.clock().instant(), incarnation, session));
    own.put("pekko.cluster.app-version", Release.version());
    own.put("pekko.coordinated-shutdown.exit-jvm", cluster.exitJvm());
    own.putAll(
        SameEnclave.settings(config.link().enclave().toString(), schema, config.lease().limit()));
    own.put(
        "pekko.coordinated-shutdown.phases.before-service-unbind.timeout",
        config.drainNotice().plusSeconds(5));
    // The requests that are under way may take as long as they are drained, and end after that.
    own.put(
        "pekko.coordinated-shutdown.phases.service-requests-done.timeout",
        config.drainLimit().plusSeconds(5));
    return ConfigFactory.parseMap(own)
        .withFallback(ConfigFactory.parseResources("redoubt-enclave-cluster.conf"))
        .withFallback(ConfigFactory.parseResources("redoubt-journal.conf"))
        .withFallback(config.whole())
        .resolve();
  }

  private static <T> T within(Duration limit, CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException failure
          ? failure
          : new IllegalStateException("The enclave cannot start: " + e.getCause(), e.getCause());
    } catch (TimeoutException e) {
      throw new IllegalStateException("The enclave did not become ready within " + limit + ".", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while the enclave was starting.", e);
    }
  }

  private static void awaitQuietly(CompletionStage<?> stage) {
    try {
      stage.toCompletableFuture().get(2, TimeUnit.MINUTES);
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("The enclave did not end in order: {}", e.toString());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  public String node() {
    return config.node();
  }

  public EnclaveId enclaveId() {
    return config.link().enclave();
  }

  public URI agentUrl() {
    return servers.agentUrl();
  }

  public URI actingUrl() {
    return servers.actingUrl();
  }

  public URI managementUrl() {
    return servers.managementUrl();
  }

  /** Completes when the node has ended, also where the cluster put it out. */
  public CompletionStage<Done> whenTerminated() {
    return ended;
  }

  /** Drains, leaves the cluster, and closes what the node brought. Waits for all of it. */
  @Override
  public void close() {
    system.terminate();
    awaitQuietly(ended);
    membership.close();
    store.close();
    database.close();
  }
}
