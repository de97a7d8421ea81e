package io.redoubt.controlplane.approval;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Section {@code redoubt.control-plane.approvals}; every key is explained in {@code
 * reference.conf}.
 *
 * @param keptFor how long a request that is over can be looked at
 */
public record ApprovalsConfig(Duration keptFor) {
  private static final String PATH = "redoubt.control-plane.approvals";

  public ApprovalsConfig {
    if (!keptFor.isPositive()) {
      throw new IllegalArgumentException(PATH + ".kept-for must be greater than zero");
    }
  }

  public static ApprovalsConfig from(Config root) {
    return new ApprovalsConfig(root.getConfig(PATH).getDuration("kept-for"));
  }
}
