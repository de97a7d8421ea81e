package io.redoubt.enclave;

import com.typesafe.config.Config;
import io.redoubt.enclave.membership.FormingConfig;
import io.redoubt.enclave.remoting.RemotingTlsConfig;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * Section {@code redoubt.enclave.cluster}.
 *
 * @param host where other nodes reach this one; without TLS a loopback address
 * @param port 0: any free one
 * @param bindHost address to listen on, where that is not the host
 * @param bindPort port to listen on, where that is not the port; 0: the port
 * @param seeds {@code host:port} of the nodes that may begin a cluster; empty: every node may
 * @param exitJvm whether the process ends with the node
 */
public record ClusterConfig(
    String host,
    int port,
    Optional<String> bindHost,
    int bindPort,
    List<String> seeds,
    boolean exitJvm,
    FormingConfig forming,
    RemotingTlsConfig tls) {
  private static final String PATH = "redoubt.enclave.cluster";

  public ClusterConfig {
    if (!tls.enabled() && !(isLoopback(host) && isLoopback(bindHost.orElse(host)))) {
      throw new IllegalArgumentException(
          PATH + ".host and .bind-host must be loopback addresses where " + PATH + ".tls is empty");
    }
    if (host.isBlank()) {
      throw new IllegalArgumentException(PATH + ".host must be given");
    }
    if (port < 0 || port > 65_535 || bindPort < 0 || bindPort > 65_535) {
      throw new IllegalArgumentException(PATH + ".port and .bind-port must be 0 to 65535");
    }
    for (String seed : seeds) {
      if (!seed.matches("\\S+:\\d{1,5}")) {
        throw new IllegalArgumentException(PATH + ".seeds must be host:port each");
      }
    }
    seeds = List.copyOf(seeds);
  }

  /** By its digits only: a name's address may be another one tomorrow. */
  private static boolean isLoopback(String host) {
    try {
      return InetAddress.ofLiteral(host).isLoopbackAddress();
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  static ClusterConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new ClusterConfig(
        config.getString("host"),
        config.getInt("port"),
        Optional.of(config.getString("bind-host")).filter(text -> !text.isEmpty()),
        config.getInt("bind-port"),
        config.getStringList("seeds"),
        config.getBoolean("exit-jvm"),
        FormingConfig.from(root),
        RemotingTlsConfig.from(root));
  }
}
