package io.redoubt.controlplane.key;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Section {@code redoubt.control-plane.keys}.
 *
 * @param rotateAfter age at which a signing key gets a successor
 * @param announce how long a successor is known to all before it signs
 * @param overlap how long its predecessor verifies from then on; at least a token's lifetime
 */
public record SigningKeysConfig(Duration rotateAfter, Duration announce, Duration overlap) {
  private static final String PATH = "redoubt.control-plane.keys";

  public SigningKeysConfig {
    if (rotateAfter.isNegative() || rotateAfter.isZero()) {
      throw new IllegalArgumentException(PATH + ".rotate-after must be greater than zero");
    }
    if (announce.isNegative()) {
      throw new IllegalArgumentException(PATH + ".announce must not be negative");
    }
    if (overlap.compareTo(Duration.ofMinutes(1)) < 0) {
      throw new IllegalArgumentException(PATH + ".overlap must be a minute or more");
    }
  }

  public static SigningKeysConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new SigningKeysConfig(
        config.getDuration("rotate-after"),
        config.getDuration("announce"),
        config.getDuration("overlap"));
  }
}
