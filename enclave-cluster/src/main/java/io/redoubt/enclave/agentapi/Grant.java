package io.redoubt.enclave.agentapi;

import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.identity.AccessTokenIssuer;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.TokenDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a bootstrap or a rotation hands out.
 *
 * @param bound whether every use of the access token needs a proof (RFC 9449)
 * @param next the next refresh token; null where the client made it itself
 * @param repeated whether it was handed out before, and its caller asks for it once more
 */
record Grant(
    AgentKey agent,
    Secret accessToken,
    Instant expiresAt,
    boolean bound,
    @Nullable AgentToken next,
    boolean repeated) {

  /** Fixed by the contract. */
  static final Duration REFRESH_LIFETIME = Duration.ofHours(24);

  /** A token lives from the whole second in which it was asked for; making it takes its time. */
  private static final Duration AT_ONCE = Duration.ofMillis(1500);

  /** When an access token that is issued now expires; whole seconds, as JWT counts them. */
  static Instant accessExpiry(Instant now) {
    return now.truncatedTo(ChronoUnit.SECONDS).plus(AccessTokenIssuer.LIFETIME);
  }

  /**
   * The seconds that the access token is good for (RFC 6749 §5.1): all of them from a first answer
   * that came at once, and what is left of them from any other.
   */
  long expiresIn(Instant now) {
    var left = Duration.between(now, expiresAt);
    return !repeated && left.compareTo(AccessTokenIssuer.LIFETIME.minus(AT_ONCE)) > 0
        ? AccessTokenIssuer.LIFETIME.toSeconds()
        : Math.max(0, Math.ceilDiv(left.toMillis(), 1000));
  }

  /** The token after the presented one: its digest, and the token itself where we made it. */
  record Successor(TokenDigest digest, @Nullable AgentToken token) {
    static Successor of(TokenRequest request) {
      var commitment = request.commitment();
      if (commitment != null) {
        return new Successor(commitment, null);
      }
      var minted = AgentToken.mint(AgentToken.Kind.REFRESH, request.presented().handle());
      return new Successor(minted.digest(), minted);
    }
  }
}
