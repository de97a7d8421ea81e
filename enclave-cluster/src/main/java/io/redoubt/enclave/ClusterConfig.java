package io.redoubt.enclave;

import com.typesafe.config.Config;
import java.net.InetAddress;
import java.util.List;

/**
 * Section {@code redoubt.enclave.cluster}.
 *
 * @param host where other nodes reach this one; a loopback address
 * @param port 0: any free one
 * @param seeds {@code host:port} of nodes to join; empty: this node begins a cluster of its own
 * @param exitJvm whether the process ends with the node
 */
public record ClusterConfig(String host, int port, List<String> seeds, boolean exitJvm) {
  private static final String PATH = "redoubt.enclave.cluster";

  public ClusterConfig {
    // Between machines nodes must prove themselves to each other, and nothing here can do that yet.
    if (!InetAddress.ofLiteral(host).isLoopbackAddress()) {
      throw new IllegalArgumentException(PATH + ".host must be a loopback address");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(PATH + ".port must be 0 to 65535");
    }
    for (String seed : seeds) {
      if (!seed.matches("[^:\\s]+:\\d{1,5}")) {
        throw new IllegalArgumentException(PATH + ".seeds must be host:port each");
      }
    }
    seeds = List.copyOf(seeds);
  }

  static ClusterConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new ClusterConfig(
        config.getString("host"),
        config.getInt("port"),
        config.getStringList("seeds"),
        config.getBoolean("exit-jvm"));
  }
}
