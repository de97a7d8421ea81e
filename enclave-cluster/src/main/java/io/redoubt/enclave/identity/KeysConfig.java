package io.redoubt.enclave.identity;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Section {@code redoubt.enclave.keys}.
 *
 * @param rotateEvery after which a node signs with a new key
 * @param renewEvery how often a key's entry in the directory is prolonged
 */
public record KeysConfig(Duration rotateEvery, Duration renewEvery) {
  private static final String PATH = "redoubt.enclave.keys";

  public KeysConfig {
    if (renewEvery.isZero()
        || renewEvery.isNegative()
        || renewEvery.compareTo(AccessTokenIssuer.LIFETIME) >= 0) {
      throw new IllegalArgumentException(
          PATH + ".renew-every must be above zero and below an access token's lifetime");
    }
    if (rotateEvery.compareTo(renewEvery) < 0) {
      throw new IllegalArgumentException(
          PATH + ".rotate-every must not be shorter than " + PATH + ".renew-every");
    }
  }

  public static KeysConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new KeysConfig(config.getDuration("rotate-every"), config.getDuration("renew-every"));
  }
}
