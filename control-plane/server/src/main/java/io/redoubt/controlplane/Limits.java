package io.redoubt.controlplane;

import com.typesafe.config.Config;
import io.redoubt.http.RateLimiter;
import io.redoubt.http.Strangers;
import java.time.InstantSource;

/**
 * Section {@code redoubt.control-plane.limits}; every key is explained in {@code reference.conf}.
 */
public record Limits(
    int organizationPerSecond,
    int organizationBurst,
    int loginSourcePerSecond,
    int loginSourceBurst,
    int loginClientPerSecond,
    int loginClientBurst,
    int strangerPerSecond,
    int strangerBurst,
    int remembered) {
  private static final String PATH = "redoubt.control-plane.limits";

  public Limits {
    requirePositive("organization-per-second", organizationPerSecond);
    requirePositive("organization-burst", organizationBurst);
    requirePositive("login-source-per-second", loginSourcePerSecond);
    requirePositive("login-source-burst", loginSourceBurst);
    requirePositive("login-client-per-second", loginClientPerSecond);
    requirePositive("login-client-burst", loginClientBurst);
    requirePositive("stranger-per-second", strangerPerSecond);
    requirePositive("stranger-burst", strangerBurst);
    requirePositive("remembered", remembered);
  }

  static Limits from(Config root) {
    Config config = root.getConfig(PATH);
    return new Limits(
        config.getInt("organization-per-second"),
        config.getInt("organization-burst"),
        config.getInt("login-source-per-second"),
        config.getInt("login-source-burst"),
        config.getInt("login-client-per-second"),
        config.getInt("login-client-burst"),
        config.getInt("stranger-per-second"),
        config.getInt("stranger-burst"),
        config.getInt("remembered"));
  }

  RateLimiter perOrganization(InstantSource clock) {
    return new RateLimiter(organizationPerSecond, organizationBurst, remembered, clock);
  }

  RateLimiter perLoginSource(InstantSource clock) {
    return new RateLimiter(loginSourcePerSecond, loginSourceBurst, remembered, clock);
  }

  RateLimiter perLoginClient(InstantSource clock) {
    return new RateLimiter(loginClientPerSecond, loginClientBurst, remembered, clock);
  }

  /** Of enclaves' API keys. */
  Strangers strangers(InstantSource clock) {
    return new Strangers(
        new RateLimiter(strangerPerSecond, strangerBurst, remembered, clock), remembered, clock);
  }

  private static void requirePositive(String key, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(PATH + "." + key + " must be greater than zero");
    }
  }
}
