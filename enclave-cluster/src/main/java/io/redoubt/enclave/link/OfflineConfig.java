package io.redoubt.enclave.link;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Section {@code redoubt.enclave.offline}; every key is explained in {@code reference.conf}.
 *
 * @param window how long the control plane may be away
 * @param clockTolerance by how much the clocks of nodes and control plane may differ
 * @param refreshEvery how often a node reads when the control plane was last heard
 * @param markEvery how often it is noted how late it is, while nothing is heard
 */
public record OfflineConfig(
    Duration window, Duration clockTolerance, Duration refreshEvery, Duration markEvery) {
  private static final String PATH = "redoubt.enclave.offline";

  public OfflineConfig {
    require(window.isPositive(), "window", "must be above zero");
    require(!clockTolerance.isNegative(), "clock-tolerance", "must not be below zero");
    require(refreshEvery.isPositive(), "refresh-every", "must be above zero");
    require(markEvery.isPositive(), "mark-every", "must be above zero");
  }

  public static OfflineConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new OfflineConfig(
        config.getDuration("window"),
        config.getDuration("clock-tolerance"),
        config.getDuration("refresh-every"),
        config.getDuration("mark-every"));
  }

  private static void require(boolean holds, String key, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(PATH + "." + key + " " + otherwise);
    }
  }
}
