package io.redoubt.proxy.authenticate;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.List;

/**
 * {@code redoubt.proxy.authenticate}: how callers are checked.
 *
 * @param maxTokenLength longer tokens are refused unread, 256 to 65536 characters
 * @param clockSkew how far in the future a token may have been issued, at most a minute
 * @param verifiedTokens how many verified tokens are remembered by digest
 */
public record AuthenticateConfig(
    int maxTokenLength,
    Duration clockSkew,
    int verifiedTokens,
    KeyLookup keyLookup,
    Dpop dpop,
    Service serviceIdentity) {

  static final String PATH = "redoubt.proxy.authenticate";

  public AuthenticateConfig {
    require(maxTokenLength >= 256 && maxTokenLength <= 65_536, "max-token-length");
    require(!clockSkew.isNegative() && clockSkew.toSeconds() <= 60, "clock-skew");
    require(verifiedTokens >= 2, "verified-tokens");
  }

  /**
   * How the key of a token is found.
   *
   * @param knownFor how long a key that was found is used without looking again
   * @param unknownFor how long a key that was not found is not looked for again
   * @param unknownKeys how many such keys are remembered
   * @param perSecond look-ups of unknown keys in a second; what is above waits for the next
   * @param timeout of one look-up
   */
  public record KeyLookup(
      Duration knownFor, Duration unknownFor, int unknownKeys, int perSecond, Duration timeout) {
    public KeyLookup {
      require(knownFor.isPositive(), "key-lookup.known-for");
      require(unknownFor.isPositive(), "key-lookup.unknown-for");
      require(unknownKeys >= 2, "key-lookup.unknown-keys");
      require(perSecond >= 1, "key-lookup.per-second");
      require(timeout.isPositive(), "key-lookup.timeout");
    }
  }

  /**
   * How a proof of possession is checked (RFC 9449).
   *
   * @param proofAge how old a proof may be, at most five minutes
   * @param clockSkew how far in the future it may have been made
   * @param replayMemory how many proofs are remembered as used; when full, proofs are refused
   * @param replayMemoryPerCaller how many of one agent or token family, likewise
   * @param maxLength of a proof in characters
   * @param keys how many proof keys are kept ready for use
   * @param origins {@code scheme://host[:port]} by which clients reach this node, for nodes behind
   *     something that ends TLS; empty: as the request itself says
   */
  public record Dpop(
      Duration proofAge,
      Duration clockSkew,
      int replayMemory,
      int replayMemoryPerCaller,
      int maxLength,
      int keys,
      List<String> origins) {
    public Dpop {
      origins = List.copyOf(origins);
      require(proofAge.isPositive() && proofAge.toSeconds() <= 300, "dpop.proof-age");
      require(!clockSkew.isNegative() && clockSkew.toSeconds() <= 60, "dpop.clock-skew");
      require(replayMemory >= 2, "dpop.replay-memory");
      require(
          replayMemoryPerCaller >= 2 && replayMemoryPerCaller <= replayMemory,
          "dpop.replay-memory-per-caller");
      require(maxLength >= 512 && maxLength <= 16_384, "dpop.max-length");
      require(keys >= 2, "dpop.keys");
    }
  }

  /**
   * How the word of another Redoubt service is checked.
   *
   * @param maxLifetime a service identity that lives longer is refused
   * @param replayMemory how many are remembered as used; when full, they are refused
   * @param replayMemoryPerAgent how many that speak for one agent, likewise
   */
  public record Service(Duration maxLifetime, int replayMemory, int replayMemoryPerAgent) {
    public Service {
      require(
          maxLifetime.isPositive() && maxLifetime.toSeconds() <= 300,
          "service-identity.max-lifetime");
      require(replayMemory >= 2, "service-identity.replay-memory");
      require(
          replayMemoryPerAgent >= 2 && replayMemoryPerAgent <= replayMemory,
          "service-identity.replay-memory-per-agent");
    }
  }

  /** Reads the section from a whole configuration. */
  public static AuthenticateConfig from(Config root) {
    var config = root.getConfig(PATH);
    var keyLookup = config.getConfig("key-lookup");
    var dpop = config.getConfig("dpop");
    var service = config.getConfig("service-identity");
    return new AuthenticateConfig(
        config.getInt("max-token-length"),
        config.getDuration("clock-skew"),
        config.getInt("verified-tokens"),
        new KeyLookup(
            keyLookup.getDuration("known-for"),
            keyLookup.getDuration("unknown-for"),
            keyLookup.getInt("unknown-keys"),
            keyLookup.getInt("per-second"),
            keyLookup.getDuration("timeout")),
        new Dpop(
            dpop.getDuration("proof-age"),
            dpop.getDuration("clock-skew"),
            dpop.getInt("replay-memory"),
            dpop.getInt("replay-memory-per-caller"),
            dpop.getInt("max-length"),
            dpop.getInt("keys"),
            dpop.getStringList("origins")),
        new Service(
            service.getDuration("max-lifetime"),
            service.getInt("replay-memory"),
            service.getInt("replay-memory-per-agent")));
  }

  private static void require(boolean holds, String key) {
    if (!holds) {
      throw new IllegalArgumentException(PATH + "." + key + " is out of its range");
    }
  }
}
