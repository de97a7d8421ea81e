package io.redoubt.enclave;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.redoubt.enclave.membership.MemberRoles;
import io.redoubt.persistence.enclave.EnclaveStore;
import io.redoubt.persistence.enclave.EnclaveStoreConfig;
import io.redoubt.persistence.migrate.SchemaVersion;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseConfig;
import io.redoubt.persistence.sealing.FileKeyProvider;
import io.redoubt.persistence.sealing.KeySchema;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.protocol.id.EnclaveId;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.Done;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node of an enclave, running. In a process of its own, or beside others in one process: it
 * brings its own actor system, database pool and servers, and takes them with it when it is closed.
 */
public final class Enclave implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Enclave.class);
  private static final String SYSTEM = "redoubt-enclave";

  private final EnclaveConfig config;
  private final Database database;
  private final EnclaveStore store;
  private final ActorSystem<Void> system;
  private final EnclaveServers servers;

  private Enclave(
      EnclaveConfig config,
      Database database,
      EnclaveStore store,
      ActorSystem<Void> system,
      EnclaveServers servers) {
    this.config = config;
    this.database = database;
    this.store = store;
    this.system = system;
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
      SchemaVersion.require(database);
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
        return start(config, environment, database, store);
      } catch (RuntimeException e) {
        store.close();
        throw e;
      }
    } catch (RuntimeException e) {
      database.close();
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
      EnclaveConfig config, EnclaveEnvironment environment, Database database, EnclaveStore store) {
    var wired = new CompletableFuture<EnclaveNode>();
    var system =
        ActorSystem.create(
            EnclaveNode.create(config, database, store, environment, wired),
            SYSTEM,
            pekko(config, environment, store.incarnation()));
    try {
      system.getWhenTerminated().thenRun(() -> wired.completeExceptionally(ended()));
      EnclaveNode node = within(config.startLimit(), wired);
      var servers = new EnclaveServers(config, environment, node, store);
      within(config.startLimit(), servers.startManagement());
      within(config.startLimit(), join(system, config));
      within(config.startLimit(), node.prepare());
      within(config.startLimit(), servers.start());
      LOG.info(
          "Enclave {} runs as {}: agents at {}, models at {}",
          node.enclave,
          config.node(),
          servers.agentUrl(),
          servers.actingUrl());
      return new Enclave(config, database, store, system, servers);
    } catch (RuntimeException e) {
      system.terminate();
      awaitQuietly(system.getWhenTerminated());
      throw e;
    }
  }

  private static IllegalStateException ended() {
    return new IllegalStateException("The actor system ended while the enclave was starting.");
  }

  private static Config pekko(
      EnclaveConfig config, EnclaveEnvironment environment, long incarnation) {
    var cluster = config.cluster();
    var own = new HashMap<String, Object>();
    own.put("pekko.remote.artery.canonical.hostname", cluster.host());
    own.put("pekko.remote.artery.canonical.port", cluster.port());
    own.put(
        "pekko.cluster.roles",
        MemberRoles.of(config.node(), environment.clock().instant(), incarnation));
    own.put("pekko.cluster.app-version", Release.version());
    own.put("pekko.coordinated-shutdown.exit-jvm", cluster.exitJvm());
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

  private static CompletionStage<Done> join(ActorSystem<Void> system, EnclaveConfig config) {
    var cluster = Cluster.get(system);
    var up = new CompletableFuture<Done>();
    org.apache.pekko.cluster.Cluster.get(system)
        .registerOnMemberUp(() -> up.complete(Done.getInstance()));
    var seeds = config.cluster().seeds();
    if (seeds.isEmpty()) {
      cluster.manager().tell(Join.create(cluster.selfMember().address()));
    } else {
      cluster
          .manager()
          .tell(
              new JoinSeedNodes(
                  seeds.stream()
                      .map(seed -> AddressFromURIString.parse("pekko://" + SYSTEM + "@" + seed))
                      .toList()));
    }
    return up;
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
    return system.getWhenTerminated();
  }

  /** Drains, leaves the cluster, and closes what the node brought. Waits for all of it. */
  @Override
  public void close() {
    system.terminate();
    awaitQuietly(system.getWhenTerminated());
    store.close();
    database.close();
  }
}
