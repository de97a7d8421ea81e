package io.redoubt.enclave.policy;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Section {@code redoubt.enclave.policies}; every key is explained in {@code reference.conf}.
 *
 * @param refreshEvery how often a node looks whether it runs what is kept
 * @param answerLimit how long nodes are waited for before a report says that they are missing
 */
public record PolicyConfig(Duration refreshEvery, Duration answerLimit) {
  private static final String PATH = "redoubt.enclave.policies";

  public PolicyConfig {
    if (!refreshEvery.isPositive()) {
      throw new IllegalArgumentException(PATH + ".refresh-every must be above zero");
    }
    if (answerLimit.toMillis() <= 0 || answerLimit.toSeconds() > 20) {
      throw new IllegalArgumentException(
          PATH + ".answer-limit must be above zero and at most 20 s");
    }
  }

  public static PolicyConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new PolicyConfig(
        config.getDuration("refresh-every"), config.getDuration("answer-limit"));
  }
}
