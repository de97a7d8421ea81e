package io.redoubt.proxy.authenticate;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.VerificationKey;
import io.redoubt.protocol.net.Cidr;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.proxy.authenticate.PresentedCredential.Scheme;
import io.redoubt.proxy.authenticate.PresentedCredential.Token;
import io.redoubt.revocation.Revocations;
import java.net.InetAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * Verifies agents' access tokens on the node that took the connection. A token that was verified is
 * remembered by digest until it expires, so that a repeat costs no signature check; expiry,
 * revocation, source address and proof of possession are checked at every single use.
 */
public final class Authenticator {
  private final AuthenticateConfig config;
  private final String issuer;
  private final VerificationKeys keys;
  private final DpopProofs proofs;
  private final Revocations revocations;
  private final InstantSource clock;
  private final Remembered<TokenDigest, AccessClaims> verified;
  private final Counter verifications;

  /**
   * @param issuer {@code urn:redoubt:enclave:<enclave id>}, which is the audience too
   */
  public Authenticator(
      AuthenticateConfig config,
      String issuer,
      VerificationKeys keys,
      DpopProofs proofs,
      Revocations revocations,
      InstantSource clock,
      MeterRegistry metrics) {
    this.config = config;
    this.issuer = issuer;
    this.keys = keys;
    this.proofs = proofs;
    this.revocations = revocations;
    this.clock = clock;
    this.verified = new Remembered<>(config.verifiedTokens());
    this.verifications = metrics.counter("redoubt.authenticate.verifications");
  }

  /** Who sends this request; never fails. */
  public CompletionStage<Authentication> authenticate(HttpRequest request, InetAddress source) {
    return switch (PresentedCredential.read(request)) {
      case PresentedCredential.None _ -> done(refused(AuthenticationFailure.CREDENTIAL_MISSING));
      case PresentedCredential.Unreadable _ ->
          done(refused(AuthenticationFailure.CREDENTIAL_AMBIGUOUS));
      case Token token -> authenticate(token, request, source);
    };
  }

  /** Whether a token that was believed a moment ago has not been revoked since. */
  public boolean honours(AccessClaims claims) {
    return !revocations.covers(claims);
  }

  private CompletionStage<Authentication> authenticate(
      Token token, HttpRequest request, InetAddress source) {
    if (token.text().length() > config.maxTokenLength()) {
      return done(refused(AuthenticationFailure.TOKEN_INVALID));
    }
    var digest = TokenDigest.of(token.text());
    var remembered = verified.get(digest);
    if (remembered != null) {
      return done(use(remembered, token, request, source));
    }
    var parsed = Jws.parse(Jws.Type.AGENT_ACCESS, token.text(), config.maxTokenLength());
    if (parsed.isEmpty()) {
      return done(refused(AuthenticationFailure.TOKEN_INVALID));
    }
    var jws = parsed.get();
    return keys.find(jws.kid())
        .handle((key, failure) -> {
          if (failure != null) {
            return refused(AuthenticationFailure.UNAVAILABLE);
          }
          var claims = key.flatMap(k -> verify(jws, k));
          if (claims.isEmpty()) {
            return refused(AuthenticationFailure.TOKEN_INVALID);
          }
          var result = use(claims.get(), token, request, source);
          if (result instanceof AuthenticatedAgent) {
            verified.put(digest, claims.get());
          }
          return result;
        });
  }

  private Optional<AccessClaims> verify(Jws jws, VerificationKey key) {
    verifications.increment();
    Instant latestIssue = clock.instant().plus(config.clockSkew());
    return jws.payloadIfSignedBy(key)
        .flatMap(AccessClaims::read)
        .filter(claims ->
            claims.issuer().equals(issuer)
                && claims.audience().equals(issuer)
                && !claims.issuedAt().isAfter(latestIssue)
                && claims.expiresAt().isAfter(claims.issuedAt()));
  }

  /** What must hold at every use, however often the signature was checked before. */
  private Authentication use(
      AccessClaims claims, Token token, HttpRequest request, InetAddress source) {
    if (!clock.instant().isBefore(claims.expiresAt())) {
      return refused(AuthenticationFailure.TOKEN_EXPIRED);
    }
    if (revocations.covers(claims)) {
      return new Authentication.Refused(AuthenticationFailure.TOKEN_REVOKED, claims);
    }
    if (!mayComeFrom(source, claims.clientCidr())) {
      return new Authentication.Refused(AuthenticationFailure.SOURCE_NOT_ALLOWED, claims);
    }
    var agent = new AuthenticatedAgent(claims, source);
    var lacking = possession(agent, token, request);
    return lacking == null ? agent : new Authentication.Refused(lacking, claims);
  }

  private static boolean mayComeFrom(InetAddress source, List<Cidr> blocks) {
    for (Cidr block : blocks) {
      if (block.contains(source)) {
        return true;
      }
    }
    return blocks.isEmpty();
  }

  /**
   * Null where the caller has what the token is bound to. RFC 9449 §7.2: a bound token is not good
   * as a bearer token, nor a bearer token as a bound.
   */
  private @Nullable AuthenticationFailure possession(
      AuthenticatedAgent agent, Token token, HttpRequest request) {
    String boundTo = agent.claims().jkt();
    if (boundTo == null) {
      return token.scheme() == Scheme.DPOP ? AuthenticationFailure.PROOF_INVALID : null;
    }
    if (token.scheme() == Scheme.BEARER) {
      return AuthenticationFailure.PROOF_INVALID;
    }
    return switch (proofs.ofToken(request, token.text(), boundTo, agent.key())) {
      case Proof.Shown _ -> null;
      case Proof.Refused.INVALID -> AuthenticationFailure.PROOF_INVALID;
      case Proof.Refused.TOO_MANY -> AuthenticationFailure.PROOFS_EXHAUSTED;
      case Proof.Refused.FULL -> AuthenticationFailure.UNAVAILABLE;
    };
  }

  private static Authentication refused(AuthenticationFailure why) {
    return new Authentication.Refused(why, null);
  }

  private static CompletionStage<Authentication> done(Authentication result) {
    return CompletableFuture.completedFuture(result);
  }
}
