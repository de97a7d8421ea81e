package io.redoubt.controlplane.policy;

import com.typesafe.config.Config;
import io.redoubt.protocol.policy.Bundle;
import java.time.Duration;

/**
 * Section {@code redoubt.control-plane.policies}.
 *
 * @param maxPerOrganization how many documents an organization may have
 * @param checksAtOnce how many draft or published sets are made ready at once
 * @param checkWait how long others wait for their turn
 * @param checkLimit how long one of them may take; what takes longer is refused
 * @param publishWait how long a publication waits for the nodes
 * @param publishPoll how often it looks for what another process may have been told
 */
public record PoliciesConfig(
    int maxPerOrganization,
    int checksAtOnce,
    Duration checkWait,
    Duration checkLimit,
    Duration publishWait,
    Duration publishPoll) {
  private static final String PATH = "redoubt.control-plane.policies";

  public PoliciesConfig {
    if (maxPerOrganization < 1 || maxPerOrganization > Bundle.MAX_POLICIES) {
      throw new IllegalArgumentException(
          PATH + ".max-per-organization must be 1 to " + Bundle.MAX_POLICIES);
    }
    if (checksAtOnce < 1) {
      throw new IllegalArgumentException(PATH + ".checks-at-once must be greater than zero");
    }
    if (!checkWait.isPositive()) {
      throw new IllegalArgumentException(PATH + ".check-wait must be greater than zero");
    }
    if (!checkLimit.isPositive()) {
      throw new IllegalArgumentException(PATH + ".check-limit must be greater than zero");
    }
    if (!publishWait.isPositive() || !publishPoll.isPositive()) {
      throw new IllegalArgumentException(
          PATH + ".publish-wait and publish-poll must be greater than zero");
    }
  }

  public static PoliciesConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new PoliciesConfig(
        config.getInt("max-per-organization"),
        config.getInt("checks-at-once"),
        config.getDuration("check-wait"),
        config.getDuration("check-limit"),
        config.getDuration("publish-wait"),
        config.getDuration("publish-poll"));
  }
}
