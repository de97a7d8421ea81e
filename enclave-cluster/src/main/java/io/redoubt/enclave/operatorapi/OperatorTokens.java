package io.redoubt.enclave.operatorapi;

import io.redoubt.enclave.identity.AccessTokenIssuer;
import io.redoubt.enclave.identity.NodeKeys;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.jwt.Jwk;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.OperatorClaims;
import io.redoubt.protocol.jwt.VerificationKey;
import io.redoubt.protocol.link.LinkCommand.BreakGlassClient;
import io.redoubt.protocol.link.LinkCommand.PutOperatorTrust;
import io.redoubt.protocol.link.LinkCommand.Withdrawal;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.proxy.authenticate.VerificationKeys;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Operator tokens as an enclave honours them: those of the control plane, by the keys it last
 * handed down, and those that this enclave gave to a break-glass client itself. A token is believed
 * about an organization only as far as that organization's own trust goes (G7).
 */
final class OperatorTokens {
  static final Duration LIFETIME = Duration.ofMinutes(15);

  private static final int MAX_LENGTH = 8192;
  private static final Duration CLOCK_SKEW = Duration.ofSeconds(30);

  private final OperatorTrust trust;
  private final NodeKeys signing;
  private final VerificationKeys own;
  private final String issuer;
  private final Clock clock;

  OperatorTokens(
      OperatorTrust trust, NodeKeys signing, VerificationKeys own, EnclaveId enclave, Clock clock) {
    this.trust = trust;
    this.signing = signing;
    this.own = own;
    this.issuer = AccessTokenIssuer.issuerOf(enclave);
    this.clock = clock;
  }

  /** A token, and what it is good for. */
  record Issued(Secret token, OperatorClaims claims) {}

  /** A token for a break-glass client; empty where the two do not belong together. */
  CompletionStage<Optional<Issued>> issue(String clientId, Secret secret) {
    return trust
        .client(clientId)
        .thenApply(known ->
            known
                .filter(it -> it.client().secret().equals(TokenDigest.of(secret.reveal())))
                .map(this::issue));
  }

  private Issued issue(OperatorTrust.Known known) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    var claims =
        new OperatorClaims(
            issuer,
            OperatorClaims.AUDIENCE,
            known.client().actsAs(),
            known.client().clientId(),
            known.organization(),
            known.client().permissions(),
            AuditId.next(clock).toString(),
            now,
            now.plus(LIFETIME),
            now,
            known.client().secretFrom());
    return new Issued(Secret.of(claims.sign(signing.current())), claims);
  }

  /** What the token says, where it is to be believed. */
  CompletionStage<Optional<OperatorClaims>> verify(String token) {
    return Jws.parse(Jws.Type.OPERATOR_ACCESS, token, MAX_LENGTH)
        .map(this::verify)
        .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty()));
  }

  private CompletionStage<Optional<OperatorClaims>> verify(Jws jws) {
    return own.find(jws.kid())
        .thenCompose(key -> key.isPresent() ? byOwn(jws, key.get()) : byControlPlane(jws));
  }

  /** Ours: while the client may break the glass with that secret, for what it may do now. */
  private CompletionStage<Optional<OperatorClaims>> byOwn(Jws jws, VerificationKey key) {
    return claims(jws, key)
        .filter(claims -> claims.issuer().equals(issuer))
        .map(claims ->
            trust
                .client(claims.client())
                .thenApply(known ->
                    known
                        .filter(it -> it.organization().equals(claims.organization()))
                        .filter(it -> it.client().actsAs().equals(claims.subject()))
                        .filter(it -> isOfItsSecret(claims, it.client()))
                        .map(it -> claims.within(it.client().permissions()))))
        .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty()));
  }

  /** Where it says nothing of the secret, whoever issued it did not know of that. */
  private static boolean isOfItsSecret(OperatorClaims claims, BreakGlassClient client) {
    return claims.secretFrom() == null || claims.secretFrom().equals(client.secretFrom());
  }

  private CompletionStage<Optional<OperatorClaims>> byControlPlane(Jws jws) {
    return trust
        .key(jws.kid())
        .thenCompose(jwk ->
            jwk.map(VerificationKey::of)
                .flatMap(key -> claims(jws, key))
                .map(claims -> trustedBy(claims, jws.kid()))
                .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty())));
  }

  private CompletionStage<Optional<OperatorClaims>> trustedBy(OperatorClaims claims, String kid) {
    return trust
        .of(claims.organization())
        .thenApply(believed ->
            believed.filter(it -> trusts(it, claims, kid)).flatMap(it -> standing(it, claims)));
  }

  /** Without what was withdrawn since it was signed: the control plane cuts it down likewise. */
  private static Optional<OperatorClaims> standing(
      PutOperatorTrust believed, OperatorClaims claims) {
    if (isBefore(claims, believed.issuedFrom())) {
      return Optional.empty();
    }
    for (Withdrawal withdrawal : believed.withdrawn()) {
      if (withdrawal.clientId().equals(claims.client())) {
        return isOfAnOlderSecret(claims, withdrawal)
            ? Optional.empty()
            : Optional.of(claims.within(withdrawal.permissions()));
      }
    }
    return Optional.of(claims);
  }

  /** It may be of a newer one, of which this enclave has not heard. */
  private static boolean isOfAnOlderSecret(OperatorClaims claims, Withdrawal withdrawal) {
    return claims.secretFrom() == null
        ? isBefore(claims, withdrawal.issuedFrom())
        : claims.secretFrom().isBefore(withdrawal.issuedFrom());
  }

  /** By when it was issued, of which tokens know the second only. */
  private static boolean isBefore(OperatorClaims claims, @Nullable Instant from) {
    return from != null && claims.issuedAt().isBefore(from.truncatedTo(ChronoUnit.SECONDS));
  }

  private static boolean trusts(PutOperatorTrust believed, OperatorClaims claims, String kid) {
    return believed.issuer().equals(claims.issuer())
        && believed.keys().keys().stream().map(Jwk::kid).anyMatch(kid::equals);
  }

  private Optional<OperatorClaims> claims(Jws jws, VerificationKey key) {
    Instant now = clock.instant();
    return jws.payloadIfSignedBy(key)
        .flatMap(OperatorClaims::read)
        .filter(claims -> claims.audience().equals(OperatorClaims.AUDIENCE))
        .filter(claims -> now.isBefore(claims.expiresAt()))
        .filter(claims -> !claims.issuedAt().isAfter(now.plus(CLOCK_SKEW)));
  }
}
