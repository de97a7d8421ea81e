package io.redoubt.enclave.identity;

import io.redoubt.agent.AgentKey;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.net.Cidr;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Signs agents' access tokens. */
public final class AccessTokenIssuer {
  /** Fixed by the contract. */
  public static final Duration LIFETIME = Duration.ofMinutes(5);

  /** How long a revocation must stand: a token's life, and what clocks may differ. */
  public static final Duration REVOCATION_SPAN = LIFETIME.plusMinutes(1);

  private final String issuer;
  private final NodeKeys keys;

  public AccessTokenIssuer(EnclaveId enclave, NodeKeys keys) {
    this.issuer = issuerOf(enclave);
    this.keys = keys;
  }

  /** The name by which an enclave issues, and honours, tokens. */
  public static String issuerOf(EnclaveId enclave) {
    return "urn:redoubt:enclave:" + enclave;
  }

  /**
   * An access token. The same arguments make the same claims, so that a repeated request gets the
   * same identity and no longer one (G2).
   *
   * @param expiresAt whole seconds; the token counts as issued one lifetime before
   * @param clientCidr the only source addresses it is good from; empty: any
   * @param jkt thumbprint of the key that every use must prove; null: a bearer token
   */
  public String issue(
      AgentKey agent,
      FamilyId family,
      String jti,
      Instant expiresAt,
      List<Cidr> clientCidr,
      @Nullable String jkt) {
    return new AccessClaims(
            issuer,
            issuer,
            agent.agent(),
            agent.organization(),
            family,
            jti,
            expiresAt.minus(LIFETIME),
            expiresAt,
            clientCidr,
            jkt)
        .sign(keys.current());
  }
}
