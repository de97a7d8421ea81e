package io.redoubt.agent;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * How stubbornly an agent raises its fence.
 *
 * @param timeout for one attempt
 * @param attempts after so many failures whoever waits is told that the fence is unavailable; the
 *     attempts go on
 * @param backoffMin pause after the first failure; it doubles with each further one
 * @param backoffMax longest pause
 * @param waitingLimit how many commands of one agent may wait for the fence
 */
public record FenceConfig(
    Duration timeout, int attempts, Duration backoffMin, Duration backoffMax, int waitingLimit) {

  public FenceConfig {
    require(timeout.isPositive(), "timeout must be positive");
    require(attempts >= 1, "attempts must be at least 1");
    require(backoffMin.isPositive(), "backoff-min must be positive");
    require(backoffMax.compareTo(backoffMin) >= 0, "backoff-max must not be below backoff-min");
    require(waitingLimit >= 1, "waiting-limit must be at least 1");
  }

  /** Reads the section {@code path} of the whole configuration. */
  public static FenceConfig from(Config root, String path) {
    Config section = root.getConfig(path);
    try {
      return new FenceConfig(
          section.getDuration("timeout"),
          section.getInt("attempts"),
          section.getDuration("backoff-min"),
          section.getDuration("backoff-max"),
          section.getInt("waiting-limit"));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(path + ": " + e.getMessage(), e);
    }
  }

  /** The pause after so many failures in a row. */
  Duration pause(int failures) {
    Duration doubled = backoffMin.multipliedBy(1L << Math.min(failures - 1, 20));
    return doubled.compareTo(backoffMax) < 0 ? doubled : backoffMax;
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
