package io.redoubt.enclave.revocation;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import java.net.SocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to Redis. Nobody waits for it: where there is none, a command fails at once, where
 * Redis does not answer, soon, and no more commands wait than a limit allows (G11).
 */
final class RedisLine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RedisLine.class);
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(1);
  private static final Duration MOST_DELAY = Duration.ofSeconds(2);
  private static final int WAITING_COMMANDS = 10_000;

  private final RedisURI uri;
  private final ClientResources resources;
  private final RedisClient client;
  private final AtomicLong connections = new AtomicLong();
  private final AtomicBoolean connecting = new AtomicBoolean();
  private volatile @Nullable StatefulRedisConnection<String, String> connection;
  private volatile boolean up;

  RedisLine(RedisConfig config, URI url) {
    this.uri = uri(config, url);
    this.resources =
        ClientResources.builder()
            .ioThreadPoolSize(2)
            .computationThreadPoolSize(2)
            .reconnectDelay(
                Delay.exponential(Duration.ofMillis(50), MOST_DELAY, 2, TimeUnit.MILLISECONDS))
            .build();
    this.client = RedisClient.create(resources);
    client.setOptions(options(config));
    client.addListener(
        new RedisConnectionStateListener() {
          @Override
          public void onRedisConnected(RedisChannelHandler<?, ?> handler, SocketAddress address) {
            connections.incrementAndGet();
            up = true;
            LOG.info("Redis is there");
          }

          @Override
          public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
            if (up) {
              LOG.warn("Redis is away; revocations go by broadcast and table alone");
            }
            up = false;
          }
        });
  }

  private static RedisURI uri(RedisConfig config, URI url) {
    var builder =
        RedisURI.Builder.redis(url.getHost(), RedisConfig.port(url))
            .withDatabase(RedisConfig.database(url))
            .withSsl(config.tls())
            .withVerifyPeer(true)
            .withClientName("redoubt-enclave")
            .withTimeout(config.commandTimeout());
    char[] password = config.password().reveal().toCharArray();
    if (!config.username().isEmpty()) {
      builder.withAuthentication(config.username(), password);
    } else if (password.length > 0) {
      builder.withPassword(password);
    }
    return builder.build();
  }

  private static ClientOptions options(RedisConfig config) {
    var tls = SslOptions.builder().jdkSslProvider();
    config.caFile().ifPresent(file -> tls.trustManager(file.toFile()));
    return ClientOptions.builder()
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        .requestQueueSize(WAITING_COMMANDS)
        .timeoutOptions(TimeoutOptions.enabled(config.commandTimeout()))
        .socketOptions(SocketOptions.builder().connectTimeout(CONNECT_LIMIT).build())
        .sslOptions(tls.build())
        // Those that were under way when a connection broke are sent again by whoever cares.
        .replayFilter(_ -> true)
        .maintNotificationsConfig(MaintNotificationsConfig.disabled())
        .build();
  }

  /** Empty: not connected just now. Begins to connect where nobody has yet. */
  Optional<RedisAsyncCommands<String, String>> commands() {
    StatefulRedisConnection<String, String> known = connection;
    if (known != null) {
      return up ? Optional.of(known.async()) : Optional.empty();
    }
    if (connecting.compareAndSet(false, true)) {
      var _ =
          client
              .connectAsync(StringCodec.UTF8, uri)
              .whenComplete((made, failure) -> {
                if (made == null) {
                  LOG.debug("Redis cannot be reached", failure);
                } else {
                  connection = made;
                }
                connecting.set(false);
              });
    }
    return Optional.empty();
  }

  /** Counts up with every connection: what was known of the one before may hold no more. */
  long connectionNumber() {
    return connections.get();
  }

  boolean isUp() {
    return up;
  }

  @Override
  public void close() {
    client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
  }
}
