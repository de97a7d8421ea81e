package io.redoubt.controlplane;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.trace.Tracer;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.http.HttpEdge;
import io.redoubt.http.HttpServer;
import io.redoubt.persistence.migrate.SchemaVersion;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.Durability;
import io.redoubt.persistence.sealing.Keyring;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running control plane: operator API and enclave link on one port. */
public final class ControlPlane implements AutoCloseable {
  static final String VERSION =
      Optional.ofNullable(ControlPlane.class.getPackage().getImplementationVersion())
          .orElse("0.1.0");

  private static final Logger LOG = LoggerFactory.getLogger(ControlPlane.class);
  private static final Duration START_LIMIT = Duration.ofSeconds(30);

  private final HttpServer binding;
  private final Cancellable upkeep;
  private final Services services;
  private final Bootstrap bootstrap;
  private final Duration drain;

  private ControlPlane(
      HttpServer binding,
      Cancellable upkeep,
      Services services,
      Bootstrap bootstrap,
      Duration drain) {
    this.binding = binding;
    this.upkeep = upkeep;
    this.services = services;
    this.bootstrap = bootstrap;
    this.drain = drain;
  }

  /**
   * Starts. Blocks until requests are answered.
   *
   * @param tls empty: plain HTTP, which is refused on any address but a loopback one
   * @throws IllegalStateException with a plain sentence where the schema is another, or the address
   *     is taken or needs TLS
   */
  public static ControlPlane start(
      ActorSystem<?> system,
      ControlPlaneConfig config,
      Optional<SSLContext> tls,
      Database database,
      Keyring keyring,
      MeterRegistry metrics,
      Tracer tracer,
      Clock clock) {
    requireTlsBeyondLoopback(config, tls);
    SchemaVersion.require(database);
    Durability.require(database);
    var services = new Services(config, database, keyring, metrics, clock);
    services.keys.start();
    services.policies.foundWhereMissing(database, clock, services.trail);
    var route =
        new HttpEdge("operator", metrics, tracer, services.description::template)
            .seal(services.routes());
    var binding =
        await(HttpServer.start(system, config.host(), config.port(), tls, config.edge(), route));
    services.started();
    var trust = new TrustedOnce(services, database, clock);
    Thread.startVirtualThread(trust);
    var upkeep = tend(system, config, services, trust);
    LOG.info("Control plane listens at {}", binding.address());
    return new ControlPlane(
        binding, upkeep, services, new Bootstrap(services, database, clock), config.drain());
  }

  /**
   * Tells enclaves whom to believe, where the release before said so otherwise: nothing else would
   * before something changes. Once, and again while that fails for anybody.
   */
  private static final class TrustedOnce implements Runnable {
    private final Services services;
    private final Database database;
    private final Clock clock;
    private boolean done;

    TrustedOnce(Services services, Database database, Clock clock) {
      this.services = services;
      this.database = database;
      this.clock = clock;
    }

    @Override
    public synchronized void run() {
      if (done) {
        return;
      }
      try {
        done = services.trust.publishWhereOther(database, clock, services.trail);
      } catch (RuntimeException e) {
        LOG.warn("Enclaves could not be told whom to believe; trying again later", e);
      }
    }

    /** The keys have changed, and everybody has to hear of it. */
    synchronized void keysChanged() {
      done = false;
      done = services.trust.publishEverywhere(database, clock, services.trail);
    }
  }

  private static void requireTlsBeyondLoopback(
      ControlPlaneConfig config, Optional<SSLContext> tls) {
    try {
      if (tls.isEmpty() && !InetAddress.getByName(config.host()).isLoopbackAddress()) {
        throw new IllegalStateException(
            "The control plane is to listen at " + config.host() + ", which needs TLS.");
      }
    } catch (UnknownHostException e) {
      throw new IllegalStateException("There is no address " + config.host() + ".", e);
    }
  }

  private static HttpServer await(CompletionStage<HttpServer> starting) {
    try {
      return starting
          .toCompletableFuture()
          .orTimeout(START_LIMIT.toSeconds(), TimeUnit.SECONDS)
          .join();
    } catch (CompletionException e) {
      throw new IllegalStateException("The control plane cannot listen: " + e.getCause(), e);
    }
  }

  /**
   * New keys are made in time, and whoever must trust them hears of them; organizations that a new
   * floor has not reached get it; requests for approval are forgotten past their time.
   */
  private static Cancellable tend(
      ActorSystem<?> system, ControlPlaneConfig config, Services services, TrustedOnce trust) {
    Runnable tend =
        () -> {
          trust.run();
          try {
            if (services.keys.tend()) {
              trust.keysChanged();
            }
          } catch (RuntimeException e) {
            LOG.warn("Signing keys could not be looked after; trying again later", e);
          }
          try {
            services.forgetting.run();
          } catch (RuntimeException e) {
            LOG.warn("Old requests for approval could not be deleted; trying again later", e);
          }
          var _ =
              services
                  .floors
                  .everywhere()
                  .exceptionally(failure -> {
                    LOG.warn("The floor could not be looked after; trying again later", failure);
                    return null;
                  });
        };
    return system
        .scheduler()
        .scheduleWithFixedDelay(
            config.tendKeysEvery(),
            config.tendKeysEvery(),
            () -> Thread.startVirtualThread(tend),
            system.executionContext());
  }

  public InetSocketAddress address() {
    return binding.address();
  }

  /** The operator API, line by line. */
  List<Endpoint> endpoints() {
    return services.endpoints();
  }

  /** What {@code redoubt up} needs, and nobody else. */
  public Bootstrap bootstrap() {
    return bootstrap;
  }

  /** Lets requests under way end, and stops. */
  @Override
  public void close() {
    upkeep.cancel();
    var stopped = binding.stop(drain);
    services.stopping();
    stopped.toCompletableFuture().join();
  }
}
