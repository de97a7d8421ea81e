package io.redoubt.enclave.agentapi;

import com.typesafe.config.Config;

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
    int maxKeys) {
  private static final String PATH = "redoubt.enclave.agent-api";

  public AgentApiConfig {
    requirePositive("source-per-second", sourcePerSecond);
    requirePositive("source-burst", sourceBurst);
    requirePositive("stranger-per-second", strangerPerSecond);
    requirePositive("stranger-burst", strangerBurst);
    requirePositive("family-per-second", familyPerSecond);
    requirePositive("family-burst", familyBurst);
    requirePositive("under-way", underWay);
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
        config.getInt("max-keys"));
  }

  private static void requirePositive(String key, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(PATH + "." + key + " must be greater than zero");
    }
  }
}
