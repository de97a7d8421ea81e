package io.redoubt.controlplane;

import com.typesafe.config.ConfigFactory;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseConfig;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.persistence.sealing.FileKeyProvider;
import io.redoubt.persistence.sealing.KeySchema;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.protocol.id.OrganizationId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A control plane over a database of its own, with its operators. Can be started anew. */
final class TestServer implements AutoCloseable {
  private static final AtomicInteger COUNT = new AtomicInteger();

  static {
    // What tests wait for is there after milliseconds, and each of them waits often.
    Awaitility.setDefaultPollInterval(Duration.ofMillis(25));
  }

  final TemporaryDatabase postgres = TemporaryDatabase.create();
  final MovableClock clock = new MovableClock();

  private final Path directory;
  private final String settings;
  private ActorSystem<Void> system;
  private Database database;
  private ControlPlane server;
  private int names;

  /** A server with settings over those of the tests. */
  TestServer(String settings) {
    this.settings = settings;
    try {
      this.directory = Files.createTempDirectory("redoubt-test");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.system = newSystem();
    this.database = newDatabase();
    this.server = newServer();
  }

  TestServer() {
    this("");
  }

  private static ActorSystem<Void> newSystem() {
    return ActorSystem.create(
        Behaviors.empty(),
        "control-plane-" + COUNT.incrementAndGet(),
        ConfigFactory.parseString(
                """
                pekko.loglevel = WARNING
                pekko.actor.default-dispatcher.fork-join-executor.minimum-runnable = -1
                pekko.coordinated-shutdown.exit-jvm = off
                """)
            .withFallback(ConfigFactory.load()));
  }

  private Database newDatabase() {
    var config =
        new DatabaseConfig(
            postgres.url(),
            DatabaseRole.CONTROL.user(),
            postgres.password(DatabaseRole.CONTROL),
            6,
            Duration.ofSeconds(1));
    return Database.open(config, new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
  }

  private ControlPlane newServer() {
    var config =
        ControlPlaneConfig.from(
            ConfigFactory.parseString(settings)
                .withFallback(
                    ConfigFactory.parseString(
                        """
                        redoubt.control-plane {
                          port = 0
                          drain = 1 s
                          kill { wait = 1500 ms, poll = 50 ms }
                          policies { publish-wait = 1500 ms, publish-poll = 50 ms }
                          limits {
                            organization-per-second = 10000, organization-burst = 10000
                            login-source-per-second = 10000, login-source-burst = 10000
                            login-client-per-second = 10000, login-client-burst = 10000
                          }
                          link { poll-interval = 100 ms, heartbeat-interval = 300 ms }
                        }
                        """))
                .withFallback(ConfigFactory.load()));
    return ControlPlane.start(
        system,
        config,
        Optional.empty(),
        database,
        new Keyring(
            FileKeyProvider.openOrCreate(directory.resolve("master.key")),
            database,
            KeySchema.CONTROL),
        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
        OpenTelemetry.noop().getTracer("test"),
        clock);
  }

  /** As after a crash and a new start: nothing but the database and the master key is left. */
  void restart() {
    stop();
    system = newSystem();
    database = newDatabase();
    server = newServer();
  }

  /** A further process over the same database; the caller closes it. */
  ControlPlane another() {
    return newServer();
  }

  ControlPlane controlPlane() {
    return server;
  }

  Database database() {
    return database;
  }

  /** The database as its owner sees it; the caller closes it. */
  Database migrator() {
    return Database.open(
        postgres.config(DatabaseRole.MIGRATOR, 1),
        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
  }

  String url() {
    return url(server);
  }

  static String url(ControlPlane server) {
    return "http://127.0.0.1:" + server.address().getPort();
  }

  /** Nobody in particular. */
  Http anybody() {
    return new Http(url(), Map.of());
  }

  /** A new organization, with an owner who also runs the installation. */
  Tenant newTenant() {
    return newTenant("tenant-" + ++names);
  }

  Tenant newTenant(String name) {
    var organization = server.bootstrap().ensureOrganization(name);
    var owner = server.bootstrap().ensureOwner(organization, "Olivia Owner");
    return new Tenant(
        this,
        organization,
        login(owner.clientId().toString(), owner.clientSecret().reveal(), null));
  }

  /** Logs in and calls with the token from then on. */
  Http login(String clientId, String secret, @Nullable String scope) {
    var reply = token(clientId, secret, scope);
    if (reply.status() != 200) {
      throw new IllegalStateException(reply.text());
    }
    return bearer(reply.text("/access_token"));
  }

  Http bearer(String token) {
    return new Http(url(), Map.of("authorization", "Bearer " + token));
  }

  Reply token(String clientId, String secret, @Nullable String scope) {
    String basic =
        Base64.getEncoder()
            .encodeToString((clientId + ":" + secret).getBytes(StandardCharsets.UTF_8));
    return anybody()
        .with("authorization", "Basic " + basic)
        .form(
            "/api/v1/iam/token",
            "grant_type=client_credentials" + (scope == null ? "" : "&scope=" + scope));
  }

  /** One number, as the control plane's own role sees it. */
  long count(OrganizationId organization, String sql) {
    return database.inOrganizationBlocking(
        organization, handle -> handle.createQuery(sql).mapTo(Long.class).one());
  }

  private void stop() {
    server.close();
    database.close();
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().join();
  }

  @Override
  public void close() {
    stop();
    postgres.close();
  }
}
