package io.redoubt.enclave.kill;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Section {@code redoubt.enclave.kill}.
 *
 * @param answerLimit how long nodes are waited for before they count as unconfirmed
 */
public record KillConfig(Duration answerLimit) {
  private static final String PATH = "redoubt.enclave.kill";

  public KillConfig {
    if (answerLimit.toMillis() <= 0 || answerLimit.toSeconds() > 30) {
      throw new IllegalArgumentException(
          PATH + ".answer-limit must be above zero and at most 30 s");
    }
  }

  public static KillConfig from(Config root) {
    return new KillConfig(root.getConfig(PATH).getDuration("answer-limit"));
  }
}
