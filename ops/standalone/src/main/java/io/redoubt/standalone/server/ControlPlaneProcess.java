package io.redoubt.standalone.server;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.redoubt.controlplane.Bootstrap;
import io.redoubt.controlplane.ControlPlane;
import io.redoubt.controlplane.ControlPlaneConfig;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseConfig;
import io.redoubt.persistence.sealing.FileKeyProvider;
import io.redoubt.persistence.sealing.KeySchema;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.standalone.telemetry.Telemetry;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A control plane with all it stands on: actor system, database pool and keys. */
public final class ControlPlaneProcess implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlPlaneProcess.class);
  private static final long STOP_SECONDS = 30;

  private final ActorSystem<Void> system;
  private final Database database;
  private final ControlPlane controlPlane;

  private ControlPlaneProcess(
      ActorSystem<Void> system, Database database, ControlPlane controlPlane) {
    this.system = system;
    this.database = database;
    this.controlPlane = controlPlane;
  }

  /**
   * Starts a control plane.
   *
   * @throws IllegalStateException with a plain sentence where it cannot start
   */
  public static ControlPlaneProcess start(
      Config config, Optional<SSLContext> tls, Telemetry telemetry, Clock clock) {
    var database =
        Database.open(
            DatabaseConfig.from(config.getConfig("redoubt.control-plane.database")),
            telemetry.metrics());
    ActorSystem<Void> system =
        ActorSystem.create(Behaviors.empty(), "redoubt-control-plane", pekko(config));
    try {
      var keyring =
          new Keyring(
              FileKeyProvider.openOrCreate(
                  Path.of(config.getString("redoubt.control-plane.master-key-file"))),
              database,
              KeySchema.CONTROL);
      return new ControlPlaneProcess(
          system,
          database,
          ControlPlane.start(
              system,
              ControlPlaneConfig.from(config),
              tls,
              database,
              keyring,
              telemetry.metrics(),
              telemetry.tracer("redoubt-control-plane"),
              clock));
    } catch (RuntimeException e) {
      terminate(system);
      database.close();
      throw e;
    }
  }

  /** It has no cluster, and whoever owns the process ends it. */
  private static Config pekko(Config config) {
    return ConfigFactory.parseMap(
            Map.of(
                "pekko.actor.provider", "local",
                "pekko.loglevel", "INFO",
                "pekko.loggers", java.util.List.of("org.apache.pekko.event.slf4j.Slf4jLogger"),
                "pekko.logging-filter", "org.apache.pekko.event.slf4j.Slf4jLoggingFilter",
                "pekko.coordinated-shutdown.run-by-jvm-shutdown-hook", "off",
                "pekko.coordinated-shutdown.exit-jvm", "off",
                "pekko.actor.default-dispatcher.fork-join-executor.minimum-runnable", -1,
                "pekko.actor.internal-dispatcher.fork-join-executor.minimum-runnable", -1))
        .withFallback(config);
  }

  public Bootstrap bootstrap() {
    return controlPlane.bootstrap();
  }

  private static void terminate(ActorSystem<Void> system) {
    system.terminate();
    try {
      system.getWhenTerminated().toCompletableFuture().get(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("The control plane did not end in order: {}", e.toString());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    controlPlane.close();
    terminate(system);
    database.close();
  }
}
