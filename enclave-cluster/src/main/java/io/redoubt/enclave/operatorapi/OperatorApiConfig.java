package io.redoubt.enclave.operatorapi;

import com.typesafe.config.Config;

/**
 * Section {@code redoubt.enclave.operator-api}.
 *
 * @param perSecond break-glass requests that one source address may make, sustained
 * @param burst and at once
 * @param maxSources addresses that are told apart
 * @param payloadReads recorded payloads that are read at a time, each until it has left
 */
public record OperatorApiConfig(int perSecond, int burst, int maxSources, int payloadReads) {
  private static final String PATH = "redoubt.enclave.operator-api";

  public OperatorApiConfig {
    requirePositive("per-second", perSecond);
    requirePositive("burst", burst);
    requirePositive("max-sources", maxSources);
    requirePositive("payload-reads", payloadReads);
  }

  public static OperatorApiConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new OperatorApiConfig(
        config.getInt("per-second"),
        config.getInt("burst"),
        config.getInt("max-sources"),
        config.getInt("payload-reads"));
  }

  private static void requirePositive(String key, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(PATH + "." + key + " must be greater than zero");
    }
  }
}
