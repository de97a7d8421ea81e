package io.redoubt.controlplane;

import com.typesafe.config.Config;
import io.redoubt.controlplane.approval.ApprovalsConfig;
import io.redoubt.controlplane.channel.ChannelsConfig;
import io.redoubt.controlplane.key.SigningKeysConfig;
import io.redoubt.controlplane.link.LinkConfig;
import io.redoubt.controlplane.policy.PoliciesConfig;
import io.redoubt.controlplane.upstream.UpstreamsConfig;
import io.redoubt.http.EdgeConfig;
import java.time.Duration;

/**
 * Section {@code redoubt.control-plane}; every key is explained in {@code reference.conf}.
 *
 * @param port 0: any free one
 * @param killWait how long a caller waits for an enclave's proof
 * @param edge section {@code redoubt.http}
 */
public record ControlPlaneConfig(
    String host,
    int port,
    Duration operatorTokenLifetime,
    Duration bootstrapTokenLifetime,
    Duration idempotencyWindow,
    Duration drain,
    Duration killWait,
    Duration killPoll,
    SigningKeysConfig keys,
    Duration tendKeysEvery,
    Limits limits,
    LinkConfig link,
    UpstreamsConfig providers,
    UpstreamsConfig connectors,
    PoliciesConfig policies,
    ApprovalsConfig approvals,
    ChannelsConfig channels,
    EdgeConfig edge) {
  private static final String PATH = "redoubt.control-plane";

  public ControlPlaneConfig {
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException(PATH + ".port must be 0 to 65535");
    }
    requirePositive("operator-token-lifetime", operatorTokenLifetime);
    requirePositive("bootstrap-token-lifetime", bootstrapTokenLifetime);
    requirePositive("idempotency-window", idempotencyWindow);
    requirePositive("drain", drain);
    requirePositive("kill.wait", killWait);
    requirePositive("kill.poll", killPoll);
    requirePositive("keys.tend-every", tendKeysEvery);
    if (keys.overlap().compareTo(operatorTokenLifetime) < 0) {
      throw new IllegalArgumentException(
          PATH + ".keys.overlap must not be shorter than operator-token-lifetime");
    }
  }

  public static ControlPlaneConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new ControlPlaneConfig(
        config.getString("host"),
        config.getInt("port"),
        config.getDuration("operator-token-lifetime"),
        config.getDuration("bootstrap-token-lifetime"),
        config.getDuration("idempotency-window"),
        config.getDuration("drain"),
        config.getDuration("kill.wait"),
        config.getDuration("kill.poll"),
        SigningKeysConfig.from(root),
        config.getDuration("keys.tend-every"),
        Limits.from(root),
        LinkConfig.from(root),
        UpstreamsConfig.providers(root),
        UpstreamsConfig.connectors(root),
        PoliciesConfig.from(root),
        ApprovalsConfig.from(root),
        ChannelsConfig.from(root),
        EdgeConfig.from(root));
  }

  private static void requirePositive(String key, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(PATH + "." + key + " must be greater than zero");
    }
  }
}
