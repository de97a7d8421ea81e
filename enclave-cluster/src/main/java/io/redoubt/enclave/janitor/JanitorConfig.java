package io.redoubt.enclave.janitor;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Section {@code redoubt.enclave.janitor}.
 *
 * @param every how often what is past its time is deleted
 */
public record JanitorConfig(Duration every) {
  private static final String PATH = "redoubt.enclave.janitor";

  public JanitorConfig {
    if (!every.isPositive()) {
      throw new IllegalArgumentException(PATH + ".every must be above zero");
    }
  }

  public static JanitorConfig from(Config root) {
    return new JanitorConfig(root.getConfig(PATH).getDuration("every"));
  }
}
