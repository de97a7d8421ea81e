package io.redoubt.enclave.agentapi;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Section {@code redoubt.enclave.agent-api}: how much one caller may ask for.
 *
 * @param sourcePerSecond requests that one source address may make, sustained
 * @param sourceBurst and at once
 * @param strangerPerSecond tokens nobody here knows that one source may present, sustained
 * @param strangerBurst and at once
 * @param familyPerSecond bootstraps or rotations of one family, sustained
 * @param familyBurst and at once
 * @param underWay bootstraps and rotations that a node works on at a time
 * @param longestWait that anybody for whom there is no room is told to wait
 * @param maxKeys sources and families that are told apart
 */
public record AgentApiConfig(
    int sourcePerSecond,
    int sourceBurst,
    int strangerPerSecond,
    int strangerBurst,
    int familyPerSecond,
    int familyBurst,
    int underWay,
    Duration longestWait,
    int maxKeys) {
  private static final String PATH = "redoubt.enclave.agent-api";
  private static final Duration SHORTEST = Duration.ofSeconds(2);
  private static final Duration LONGEST = Duration.ofMinutes(10);

  public AgentApiConfig {
    requirePositive("source-per-second", sourcePerSecond);
    requirePositive("source-burst", sourceBurst);
    requirePositive("stranger-per-second", strangerPerSecond);
    requirePositive("stranger-burst", strangerBurst);
    requirePositive("family-per-second", familyPerSecond);
    requirePositive("family-burst", familyBurst);
    requirePositive("under-way", underWay);
    if (longestWait.compareTo(SHORTEST) < 0 || longestWait.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(PATH + ".longest-wait must be 2 s to 10 minutes");
    }
    requirePositive("max-keys", maxKeys);
  }

  public static AgentApiConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new AgentApiConfig(
        config.getInt("source-per-second"),
        config.getInt("source-burst"),
        config.getInt("stranger-per-second"),
        config.getInt("stranger-burst"),
        config.getInt("family-per-second"),
        config.getInt("family-burst"),
        config.getInt("under-way"),
        config.getDuration("longest-wait"),
        config.getInt("max-keys"));
  }

  private static void requirePositive(String key, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(PATH + "." + key + " must be greater than zero");
    }
  }
}
