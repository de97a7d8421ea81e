package io.redoubt.enclave.revocation;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Section {@code redoubt.enclave.revocation}.
 *
 * @param pollEvery how often the store is read, which is the second path beside the broadcast
 * @param maxEntries how many single revocations a node tells apart
 * @param redis a further path, which nothing depends on
 */
public record RevocationConfig(Duration pollEvery, int maxEntries, RedisConfig redis) {
  private static final String PATH = "redoubt.enclave.revocation";

  public RevocationConfig {
    if (pollEvery.toMillis() <= 0 || pollEvery.toMillis() > 1000) {
      throw new IllegalArgumentException(
          PATH + ".poll-every must be above zero and at most 1 s (G2)");
    }
    if (maxEntries <= 0) {
      throw new IllegalArgumentException(PATH + ".max-entries must be above zero");
    }
  }

  public static RevocationConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new RevocationConfig(
        config.getDuration("poll-every"), config.getInt("max-entries"), RedisConfig.from(root));
  }
}
