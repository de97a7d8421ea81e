package io.redoubt.enclave;

import com.typesafe.config.Config;
import io.redoubt.enclave.agentapi.AgentApiConfig;
import io.redoubt.enclave.identity.KeysConfig;
import io.redoubt.enclave.janitor.JanitorConfig;
import io.redoubt.enclave.kill.KillConfig;
import io.redoubt.enclave.lease.LeaseConfig;
import io.redoubt.enclave.link.LinkConfig;
import io.redoubt.enclave.link.OfflineConfig;
import io.redoubt.enclave.operatorapi.OperatorApiConfig;
import io.redoubt.enclave.policy.PolicyConfig;
import io.redoubt.enclave.revocation.RevocationConfig;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Section {@code redoubt.enclave}; every key is explained in {@code reference.conf}.
 *
 * @param node this node's name, unique in the enclave
 * @param masterKeyFile wraps the organizations' keys; made with mode 0600 where there is none
 * @param startLimit for becoming ready
 * @param drainNotice how long the node serves on while it says that it will stop
 * @param drainLimit for streams that are under way after that
 * @param whole the configuration that the section stands in, for what the other modules read
 */
public record EnclaveConfig(
    String node,
    Path masterKeyFile,
    Duration startLimit,
    Duration drainNotice,
    Duration drainLimit,
    ClusterConfig cluster,
    ServerConfig agentServer,
    ServerConfig actingServer,
    ServerConfig managementServer,
    MetricsAccess metricsAccess,
    LinkConfig link,
    OfflineConfig offline,
    PolicyConfig policies,
    AgentApiConfig agentApi,
    OperatorApiConfig operatorApi,
    KeysConfig keys,
    RevocationConfig revocation,
    LeaseConfig lease,
    KillConfig kill,
    JanitorConfig janitor,
    Config whole) {
  private static final String PATH = "redoubt.enclave";

  public EnclaveConfig {
    if (!node.matches("[a-z0-9][a-z0-9-]{0,62}")) {
      throw new IllegalArgumentException(
          PATH + ".node must be 1 to 63 lower-case letters, digits and dashes");
    }
    if (!startLimit.isPositive() || drainNotice.isNegative() || drainLimit.isNegative()) {
      throw new IllegalArgumentException(
          PATH + ".start-limit must be above zero, drain-notice and drain-limit not below");
    }
    if (kill.answerLimit().compareTo(lease.certain().plusMillis(100)) < 0) {
      throw new IllegalArgumentException(
          PATH
              + ".kill.answer-limit must leave time for a lease to run out, "
              + lease.certain().toMillis()
              + " ms, and 100 ms more");
    }
  }

  public static EnclaveConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new EnclaveConfig(
        config.getString("node"),
        Path.of(config.getString("master-key-file")),
        config.getDuration("start-limit"),
        config.getDuration("drain-notice"),
        config.getDuration("drain-limit"),
        ClusterConfig.from(root),
        ServerConfig.from(config.getConfig("servers.agent")),
        ServerConfig.from(config.getConfig("servers.acting")),
        ServerConfig.from(config.getConfig("servers.management")),
        MetricsAccess.parse(config.getString("servers.metrics-access")),
        LinkConfig.from(root),
        OfflineConfig.from(root),
        PolicyConfig.from(root),
        AgentApiConfig.from(root),
        OperatorApiConfig.from(root),
        KeysConfig.from(root),
        RevocationConfig.from(root),
        LeaseConfig.from(root),
        KillConfig.from(root),
        JanitorConfig.from(root),
        root);
  }
}
