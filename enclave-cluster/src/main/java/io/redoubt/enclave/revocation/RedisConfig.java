package io.redoubt.enclave.revocation;

import com.typesafe.config.Config;
import io.redoubt.protocol.secret.Secret;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Section {@code redoubt.enclave.revocation.redis}.
 *
 * @param url {@code rediss://host:port/database}, or {@code redis://} on this machine; empty: off
 * @param username empty: the default user
 * @param password empty: none
 * @param caFile authorities that may vouch for Redis; empty: the platform's
 * @param commandTimeout for one command
 * @param readEvery how often news are looked for
 * @param heartbeatEvery how often it is said that the snapshot is whole
 * @param staleAfter without a heartbeat for so long a view is stale
 * @param streamLength entries that the stream keeps, about
 */
public record RedisConfig(
    Optional<URI> url,
    String username,
    Secret password,
    Optional<Path> caFile,
    Duration commandTimeout,
    Duration readEvery,
    Duration heartbeatEvery,
    Duration staleAfter,
    int streamLength) {
  private static final String PATH = "redoubt.enclave.revocation.redis";
  private static final int DEFAULT_PORT = 6379;

  public RedisConfig {
    url.ifPresent(RedisConfig::check);
    require(
        commandTimeout.toMillis() >= 10 && commandTimeout.toMillis() <= 1000,
        "command-timeout",
        "must be 10 ms to 1 s");
    require(
        readEvery.toMillis() >= 10 && readEvery.toMillis() <= 1000,
        "read-every",
        "must be 10 ms to 1 s (G2)");
    require(heartbeatEvery.toMillis() >= 100, "heartbeat-every", "must be at least 100 ms");
    require(
        staleAfter.compareTo(heartbeatEvery.multipliedBy(2)) >= 0,
        "stale-after",
        "must be at least two heartbeats");
    require(streamLength >= 100, "stream-length", "must be at least 100");
  }

  private static void check(URI url) {
    String scheme = String.valueOf(url.getScheme());
    require(
        url.getHost() != null && (scheme.equals("redis") || scheme.equals("rediss")),
        "url",
        "must be rediss://host:port/database");
    require(url.getUserInfo() == null, "url", "must not hold a credential: it has its own keys");
    require(
        scheme.equals("rediss") || isLoopback(url.getHost()),
        "url",
        "must be rediss, except on this very machine");
    require(url.getPath().matches("(/(\\d{1,5})?)?"), "url", "must end with a database's number");
  }

  private static boolean isLoopback(String host) {
    try {
      return "localhost".equals(host)
          || InetAddress.ofLiteral(host.replace("[", "").replace("]", "")).isLoopbackAddress();
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  static RedisConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new RedisConfig(
        Optional.of(config.getString("url")).filter(text -> !text.isEmpty()).map(URI::create),
        config.getString("username"),
        Secret.of(config.getString("password")),
        Optional.of(config.getString("ca-file")).filter(text -> !text.isEmpty()).map(Path::of),
        config.getDuration("command-timeout"),
        config.getDuration("read-every"),
        config.getDuration("heartbeat-every"),
        config.getDuration("stale-after"),
        config.getInt("stream-length"));
  }

  boolean tls() {
    return url.map(URI::getScheme).filter("rediss"::equals).isPresent();
  }

  static int port(URI url) {
    return url.getPort() == -1 ? DEFAULT_PORT : url.getPort();
  }

  static int database(URI url) {
    String path = url.getPath().replace("/", "");
    return path.isEmpty() ? 0 : Integer.parseInt(path);
  }

  private static void require(boolean holds, String key, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(PATH + "." + key + " " + otherwise);
    }
  }
}
