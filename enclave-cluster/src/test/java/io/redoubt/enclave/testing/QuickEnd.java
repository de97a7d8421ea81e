package io.redoubt.enclave.testing;

import java.util.Map;

/**
 * Settings of nodes that are stopped all the time. The last node of a cluster lets go of what it
 * has alone when it offers that to nobody for the second time, a second later; here it offers it
 * more often, for as long in all.
 */
final class QuickEnd {
  static final Map<String, Object> SETTINGS =
      Map.of(
          "pekko.cluster.singleton.hand-over-retry-interval",
          "200 ms",
          "pekko.cluster.sharding.coordinator-singleton.hand-over-retry-interval",
          "200 ms",
          "pekko.cluster.singleton.min-number-of-hand-over-retries",
          75);

  private QuickEnd() {}
}
