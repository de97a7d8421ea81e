package io.redoubt.proxy.upstream;

import com.typesafe.config.Config;
import io.redoubt.protocol.net.Cidr;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * {@code redoubt.proxy.upstream}: how providers are reached.
 *
 * @param connectTimeout of one connection, name look-up included
 * @param maxConnections to one provider address
 * @param maxWaiting requests that wait for one of them; more is answered with 503
 * @param keepAlive how long an idle connection may still be used again
 * @param maxOrigins how many provider addresses are kept connected
 * @param caFile certificates to trust beside the platform's, PEM
 * @param deniedAddresses where no connection goes, whatever name leads there
 * @param allowedAddresses where one goes all the same
 * @param replyBufferBytes of a reply that may wait for its client
 */
public record UpstreamConfig(
    Duration connectTimeout,
    int maxConnections,
    int maxWaiting,
    Duration keepAlive,
    int maxOrigins,
    Optional<Path> caFile,
    List<Cidr> deniedAddresses,
    List<Cidr> allowedAddresses,
    int replyBufferBytes) {

  static final String PATH = "redoubt.proxy.upstream";

  public UpstreamConfig {
    deniedAddresses = List.copyOf(deniedAddresses);
    allowedAddresses = List.copyOf(allowedAddresses);
    require(connectTimeout.isPositive(), "connect-timeout");
    require(maxConnections >= 1, "max-connections");
    require(maxWaiting >= 0, "max-waiting");
    require(!keepAlive.isNegative(), "keep-alive");
    require(maxOrigins >= 1, "max-origins");
    require(replyBufferBytes >= 1, "reply-buffer-bytes");
  }

  /** Reads the section from a whole configuration. */
  public static UpstreamConfig from(Config root) {
    var config = root.getConfig(PATH);
    String caFile = config.getString("ca-file");
    return new UpstreamConfig(
        config.getDuration("connect-timeout"),
        config.getInt("max-connections"),
        config.getInt("max-waiting"),
        config.getDuration("keep-alive"),
        config.getInt("max-origins"),
        caFile.isEmpty() ? Optional.empty() : Optional.of(Path.of(caFile)),
        blocks(config, "denied-addresses"),
        blocks(config, "allowed-addresses"),
        Math.toIntExact(config.getBytes("reply-buffer-bytes")));
  }

  private static List<Cidr> blocks(Config config, String key) {
    return Cidr.parseAll(PATH + "." + key, config.getStringList(key));
  }

  private static void require(boolean holds, String key) {
    if (!holds) {
      throw new IllegalArgumentException(PATH + "." + key + " is out of its range");
    }
  }
}
