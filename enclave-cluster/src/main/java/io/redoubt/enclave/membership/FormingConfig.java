package io.redoubt.enclave.membership;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Section {@code redoubt.enclave.cluster.forming}.
 *
 * @param heartbeatEvery how often a node says in the database that it is there
 * @param staleAfter how long a node goes on without a heartbeat that the database kept; a little
 *     later it counts as dead where its place is wanted
 * @param clockLimit how far a node's clock may be from the database's
 * @param clockPatience after which a running node whose clock is further off leaves
 */
public record FormingConfig(
    Duration heartbeatEvery, Duration staleAfter, Duration clockLimit, Duration clockPatience) {
  private static final String PATH = "redoubt.enclave.cluster.forming";
  private static final int HEARTBEATS = 3;

  public FormingConfig {
    if (heartbeatEvery.toMillis() < 100 || heartbeatEvery.toSeconds() > 60) {
      throw new IllegalArgumentException(PATH + ".heartbeat-every must be 100 ms to 1 minute");
    }
    if (staleAfter.compareTo(heartbeatEvery.multipliedBy(HEARTBEATS)) < 0) {
      throw new IllegalArgumentException(
          PATH + ".stale-after must be at least " + HEARTBEATS + " heartbeats");
    }
    if (!clockLimit.isPositive()) {
      throw new IllegalArgumentException(PATH + ".clock-limit must be above zero");
    }
    if (clockPatience.isNegative() || clockPatience.toHours() > 24) {
      throw new IllegalArgumentException(PATH + ".clock-patience must be 0 to 24 hours");
    }
  }

  public static FormingConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new FormingConfig(
        config.getDuration("heartbeat-every"),
        config.getDuration("stale-after"),
        config.getDuration("clock-limit"),
        config.getDuration("clock-patience"));
  }

  /**
   * How long a node that seems dead is watched before it is believed to be: longer than the
   * heartbeat of a live one can hang after the network was away, and be made up for.
   */
  Duration watch() {
    return Heartbeat.HANGS.plus(heartbeatEvery.multipliedBy(HEARTBEATS));
  }
}
