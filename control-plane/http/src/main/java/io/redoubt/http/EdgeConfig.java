package io.redoubt.http;

import com.typesafe.config.Config;
import io.redoubt.protocol.net.Cidr;
import java.time.Duration;
import java.util.List;

/**
 * Section {@code redoubt.http}; every key is explained in {@code reference.conf}.
 *
 * @param maxBodyBytes where a route does not say otherwise
 * @param maxChunkBytes of one chunk of a body of unknown length, which is held whole
 * @param headDeadline how long a connection may stand without a complete request head
 */
public record EdgeConfig(
    long maxBodyBytes,
    long maxChunkBytes,
    Duration bodyDeadline,
    Duration headDeadline,
    int maxConnections,
    int maxConnectionsPerSource,
    int maxHeaderCount,
    int maxHeaderBytes,
    int maxUriBytes,
    Duration silenceLimit,
    List<Cidr> trustedProxies) {

  private static final String PATH = "redoubt.http";

  public EdgeConfig {
    requirePositive("max-body-bytes", maxBodyBytes);
    requirePositive("max-chunk-bytes", maxChunkBytes);
    requirePositive("body-deadline", bodyDeadline.toMillis());
    requirePositive("head-deadline", headDeadline.toMillis());
    requirePositive("max-connections", maxConnections);
    requirePositive("max-connections-per-source", maxConnectionsPerSource);
    requirePositive("max-header-count", maxHeaderCount);
    requirePositive("max-header-bytes", maxHeaderBytes);
    requirePositive("max-uri-bytes", maxUriBytes);
    requirePositive("silence-limit", silenceLimit.toMillis());
    trustedProxies = List.copyOf(trustedProxies);
  }

  public static EdgeConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new EdgeConfig(
        config.getBytes("max-body-bytes"),
        config.getBytes("max-chunk-bytes"),
        config.getDuration("body-deadline"),
        config.getDuration("head-deadline"),
        config.getInt("max-connections"),
        config.getInt("max-connections-per-source"),
        config.getInt("max-header-count"),
        Math.toIntExact(config.getBytes("max-header-bytes")),
        Math.toIntExact(config.getBytes("max-uri-bytes")),
        config.getDuration("silence-limit"),
        Cidr.parseAll(PATH + ".trusted-proxies", config.getStringList("trusted-proxies")));
  }

  private static void requirePositive(String key, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException(PATH + "." + key + " must be greater than zero");
    }
  }
}
