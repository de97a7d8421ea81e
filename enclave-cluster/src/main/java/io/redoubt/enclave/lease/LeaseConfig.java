package io.redoubt.enclave.lease;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Section {@code redoubt.enclave.lease}.
 *
 * @param limit how long a node goes on after the last question that a majority answered; the same
 *     on every node, or they do not let each other in
 * @param renewEvery how often the others are asked
 */
public record LeaseConfig(Duration limit, Duration renewEvery) {
  private static final String PATH = "redoubt.enclave.lease";
  private static final Duration WITHIN = Duration.ofSeconds(1);

  public LeaseConfig {
    if (renewEvery.toMillis() < 10 || limit.compareTo(renewEvery.multipliedBy(3)) < 0) {
      throw new IllegalArgumentException(
          PATH + ".renew-every must be at least 10 ms and at most a third of limit");
    }
    if (limit.plus(renewEvery).compareTo(WITHIN) > 0) {
      throw new IllegalArgumentException(
          PATH + ".limit and renew-every together must be at most 1 s (G2)");
    }
    if (certain(limit).compareTo(WITHIN) > 0) {
      throw new IllegalArgumentException(
          PATH
              + ".limit and 5 % must be at most 1 s, for another node's clock may run faster (G2)");
    }
  }

  public static LeaseConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new LeaseConfig(config.getDuration("limit"), config.getDuration("renew-every"));
  }

  /**
   * After so long, by the clock of another node, a lease that was not renewed has run out. The
   * margin is for clocks that do not run equally fast: 5 %, where real ones differ by less than one
   * in a thousand.
   */
  public Duration certain() {
    return certain(limit);
  }

  private static Duration certain(Duration limit) {
    return limit.plus(limit.dividedBy(20));
  }
}
