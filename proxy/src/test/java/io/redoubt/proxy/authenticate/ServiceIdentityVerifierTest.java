package io.redoubt.proxy.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.protocol.jwt.ServiceIdentity;
import io.redoubt.protocol.jwt.SigningKey;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.revocation.Revocation;
import io.redoubt.testing.InMemoryRevocations;
import io.redoubt.testing.InMemorySigningKeyDirectory;
import io.redoubt.testing.ManualClock;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ServiceIdentityVerifierTest {
  private static final TokenDigest BODY = TokenDigest.of("the body");

  private final ManualClock clock = new ManualClock();
  private final SigningKey key = SigningKey.generate();
  private final InMemorySigningKeyDirectory directory = new InMemorySigningKeyDirectory();
  private final InMemoryRevocations revocations = new InMemoryRevocations();
  private final ServiceIdentityVerifier verifier =
      new ServiceIdentityVerifier(
          Tokens.CONFIG,
          Tokens.ISSUER,
          new VerificationKeys(
              directory, Tokens.CONFIG.keyLookup(), clock, new SimpleMeterRegistry()),
          revocations,
          clock);

  @BeforeEach
  void publish() {
    Tokens.await(directory.publish(key.publicHalf(), "node-1", Instant.MAX));
  }

  private ServiceIdentity identity(String method, String path, String jti, long lifetime) {
    return new ServiceIdentity(
        "egress",
        Tokens.AGENT,
        Tokens.ORGANIZATION,
        Tokens.FAMILY,
        "access-jti",
        method,
        path,
        BODY,
        jti,
        clock.instant(),
        clock.instant().plusSeconds(lifetime));
  }

  private Authentication check(ServiceIdentity identity, SigningKey signer, TokenDigest body) {
    var request =
        HttpRequest.POST("http://enclave.test:8445/v1/messages?beta=true")
            .addHeader(RawHeader.create(ServiceIdentity.HEADER, identity.sign(signer)));
    return Tokens.await(
        verifier.verify(request, () -> CompletableFuture.completedFuture(body), Tokens.SOURCE));
  }

  private static boolean isBelieved(Authentication result) {
    return result instanceof AuthenticatedAgent;
  }

  @Test
  void aServiceSpeaksForAnAgentOnceAndForOneRequest() {
    var identity = identity("POST", "/v1/messages?beta=true", "1", 30);

    var first = check(identity, key, BODY);
    var again = check(identity, key, BODY);

    assertThat(first)
        .isInstanceOfSatisfying(
            AuthenticatedAgent.class,
            agent -> {
              assertThat(agent.claims().agent()).isEqualTo(Tokens.AGENT);
              assertThat(agent.claims().organization()).isEqualTo(Tokens.ORGANIZATION);
              assertThat(agent.claims().family()).isEqualTo(Tokens.FAMILY);
            });
    assertThat(isBelieved(again)).isFalse();
  }

  @Test
  void anotherRequestKeyOrTimeIsRefused() {
    assertThat(isBelieved(check(identity("GET", "/v1/messages?beta=true", "1", 30), key, BODY)))
        .isFalse();
    assertThat(isBelieved(check(identity("POST", "/v1/messages", "2", 30), key, BODY))).isFalse();
    assertThat(
            isBelieved(
                check(
                    identity("POST", "/v1/messages?beta=true", "3", 30),
                    key,
                    TokenDigest.of("another body"))))
        .isFalse();
    assertThat(
            isBelieved(
                check(
                    identity("POST", "/v1/messages?beta=true", "4", 30),
                    SigningKey.generate(),
                    BODY)))
        .isFalse();
    assertThat(isBelieved(check(identity("POST", "/v1/messages?beta=true", "5", 3600), key, BODY)))
        .isFalse();
    var old = identity("POST", "/v1/messages?beta=true", "6", 30);
    clock.advance(java.time.Duration.ofSeconds(30));
    assertThat(isBelieved(check(old, key, BODY))).isFalse();
  }

  @Test
  void aRevokedFamilyStaysRevoked() {
    Tokens.await(
        revocations.revoke(
            new Revocation.OfFamily(
                Tokens.ORGANIZATION, Tokens.FAMILY, clock.instant().plusSeconds(300))));

    assertThat(check(identity("POST", "/v1/messages?beta=true", "1", 30), key, BODY))
        .isInstanceOfSatisfying(
            Authentication.Refused.class,
            refused -> assertThat(refused.why()).isEqualTo(AuthenticationFailure.TOKEN_REVOKED));
  }
}
