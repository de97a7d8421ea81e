package io.redoubt.proxy.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.SigningKey;
import io.redoubt.protocol.net.Cidr;
import io.redoubt.revocation.Revocation;
import io.redoubt.testing.InMemoryRevocations;
import io.redoubt.testing.InMemorySigningKeyDirectory;
import io.redoubt.testing.ManualClock;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AuthenticatorTest {
  private final ManualClock clock = new ManualClock();
  private final SigningKey key = SigningKey.generate();
  private final InMemorySigningKeyDirectory directory = new InMemorySigningKeyDirectory();
  private final InMemoryRevocations revocations = new InMemoryRevocations();
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final Authenticator authenticator =
      new Authenticator(
          Tokens.CONFIG,
          Tokens.ISSUER,
          new VerificationKeys(directory, Tokens.CONFIG.keyLookup(), clock, metrics),
          new DpopProofs(Tokens.CONFIG.dpop(), clock),
          revocations,
          clock,
          metrics);

  @BeforeEach
  void publish() {
    Tokens.await(directory.publish(key.publicHalf(), "node-1", Instant.MAX));
  }

  private Authentication of(HttpRequest request) {
    return Tokens.await(authenticator.authenticate(request, Tokens.SOURCE));
  }

  private Authentication ofToken(String token) {
    return of(Tokens.bearer(token));
  }

  private void isRefused(Authentication result, AuthenticationFailure why) {
    assertThat(result)
        .isInstanceOfSatisfying(
            Authentication.Refused.class, refused -> assertThat(refused.why()).isEqualTo(why));
  }

  private String good() {
    return Tokens.claims(clock.instant()).sign(key);
  }

  @Test
  void aTokenOfTheEnclaveIsBelieved() {
    var expected = new AuthenticatedAgent(Tokens.claims(clock.instant()), Tokens.SOURCE);

    assertThat(ofToken(good())).isEqualTo(expected);
    assertThat(of(Tokens.request("bearer " + good()))).isEqualTo(expected);
    assertThat(of(HttpRequest.GET("http://x/").addHeader(RawHeader.create("X-Api-Key", good()))))
        .isEqualTo(expected);
  }

  @Test
  void aRepeatCostsNoSignatureCheck() {
    String token = good();
    ofToken(token);

    ofToken(token);
    ofToken(token);

    assertThat(metrics.counter("redoubt.authenticate.verifications").count()).isEqualTo(1);
  }

  @Test
  void theSameTokenInBothHeadersCountsOnceAndTwoThatDifferNotAtAll() {
    String token = good();

    var same = of(Tokens.bearer(token).addHeader(RawHeader.create("x-api-key", token)));
    var other = of(Tokens.bearer(token).addHeader(RawHeader.create("x-api-key", token + "x")));
    var twice =
        of(Tokens.bearer(token).addHeader(RawHeader.create("authorization", "Bearer other")));

    assertThat(same).isInstanceOf(AuthenticatedAgent.class);
    isRefused(other, AuthenticationFailure.CREDENTIAL_AMBIGUOUS);
    isRefused(twice, AuthenticationFailure.CREDENTIAL_AMBIGUOUS);
  }

  @Test
  void noCredentialOrAnUnknownSchemeIsRefused() {
    isRefused(of(HttpRequest.GET("http://x/")), AuthenticationFailure.CREDENTIAL_MISSING);
    isRefused(of(Tokens.request("Basic dTpw")), AuthenticationFailure.CREDENTIAL_AMBIGUOUS);
    isRefused(of(Tokens.request("Bearer")), AuthenticationFailure.CREDENTIAL_AMBIGUOUS);
  }

  @Test
  void whatIsNoTokenOfOursIsRefused() throws GeneralSecurityException {
    String token = good();
    String[] parts = token.split("\\.", -1);
    String payload = Tokens.decode(parts[1]);
    String kid = key.kid();
    var mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(kid.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    String hs256 =
        Tokens.encode("{\"alg\":\"HS256\",\"kid\":\"" + kid + "\",\"typ\":\"at+jwt\"}")
            + '.'
            + parts[1];

    for (String forged :
        List.of(
            "x",
            "..",
            token.substring(0, token.length() - 1),
            token.substring(0, token.lastIndexOf('.') + 1),
            token + ".",
            token + "=",
            parts[0] + '.' + Tokens.encode(payload.replace("agt_", "agt_1")) + '.' + parts[2],
            Tokens.encode("{\"alg\":\"none\",\"kid\":\"" + kid + "\",\"typ\":\"at+jwt\"}")
                + '.'
                + parts[1]
                + '.',
            hs256 + '.' + Tokens.encode(mac.doFinal(hs256.getBytes(StandardCharsets.US_ASCII))),
            Tokens.signed(
                key, "{\"alg\":\"ES384\",\"kid\":\"" + kid + "\",\"typ\":\"at+jwt\"}", payload),
            Tokens.signed(
                key,
                "{\"alg\":\"ES256\",\"kid\":\""
                    + kid
                    + "\",\"typ\":\"at+jwt\",\"jku\":\"http://evil\"}",
                payload),
            Jws.sign(key, Jws.Type.OPERATOR_ACCESS, payload.getBytes(StandardCharsets.UTF_8)),
            Tokens.claims(clock.instant()).sign(SigningKey.generate()),
            "a".repeat(10_000))) {
      isRefused(ofToken(forged), AuthenticationFailure.TOKEN_INVALID);
    }
  }

  @Test
  void anotherIssuerOrAudienceIsRefused() {
    var now = clock.instant();
    var until = now.plusSeconds(300);

    isRefused(
        ofToken(Tokens.claims("urn:other", Tokens.ISSUER, now, until, List.of(), null).sign(key)),
        AuthenticationFailure.TOKEN_INVALID);
    isRefused(
        ofToken(Tokens.claims(Tokens.ISSUER, "urn:other", now, until, List.of(), null).sign(key)),
        AuthenticationFailure.TOKEN_INVALID);
  }

  @Test
  void timesHold() {
    var now = clock.instant();
    String expired =
        Tokens.claims(Tokens.ISSUER, Tokens.ISSUER, now.minusSeconds(300), now, List.of(), null)
            .sign(key);
    String early =
        Tokens.claims(
                Tokens.ISSUER,
                Tokens.ISSUER,
                now.plusSeconds(60),
                now.plusSeconds(300),
                List.of(),
                null)
            .sign(key);
    String live = good();

    isRefused(ofToken(expired), AuthenticationFailure.TOKEN_EXPIRED);
    isRefused(ofToken(early), AuthenticationFailure.TOKEN_INVALID);
    assertThat(ofToken(live)).isInstanceOf(AuthenticatedAgent.class);
    clock.advance(Duration.ofMinutes(5));
    isRefused(ofToken(live), AuthenticationFailure.TOKEN_EXPIRED);
  }

  @Test
  void theSourceMustBeAllowedAtEveryUse() {
    var now = clock.instant();
    var until = now.plusSeconds(300);
    String inside =
        Tokens.claims(
                Tokens.ISSUER,
                Tokens.ISSUER,
                now,
                until,
                List.of(Cidr.parse("10.0.0.0/8"), Cidr.parse("::1")),
                null)
            .sign(key);

    assertThat(ofToken(inside)).isInstanceOf(AuthenticatedAgent.class);
    var elsewhere =
        Tokens.await(
            authenticator.authenticate(
                Tokens.bearer(inside), java.net.InetAddress.ofLiteral("192.168.0.1")));

    isRefused(elsewhere, AuthenticationFailure.SOURCE_NOT_ALLOWED);
  }

  @Test
  void aRevokedFamilyIsRefusedAlthoughItsTokenIsRemembered() {
    String token = good();
    assertThat(ofToken(token)).isInstanceOf(AuthenticatedAgent.class);

    Tokens.await(
        revocations.revoke(
            new Revocation.OfFamily(
                Tokens.ORGANIZATION, Tokens.FAMILY, clock.instant().plusSeconds(300))));

    isRefused(ofToken(token), AuthenticationFailure.TOKEN_REVOKED);
  }

  @Test
  void aDirectoryThatIsAwayIsNoVerdict() {
    directory.outage.begin();
    isRefused(ofToken(good()), AuthenticationFailure.UNAVAILABLE);

    directory.outage.end();
    String token = good();
    assertThat(ofToken(token)).isInstanceOf(AuthenticatedAgent.class);

    directory.outage.begin();
    assertThat(ofToken(token)).isInstanceOf(AuthenticatedAgent.class);
    assertThat(ofToken(Tokens.claims(clock.instant()).sign(key)))
        .isInstanceOf(AuthenticatedAgent.class);
  }

  @Test
  void aBoundTokenNeedsItsProofAtEveryUse() {
    var holder = SigningKey.generate();
    var now = clock.instant();
    String token =
        Tokens.claims(
                Tokens.ISSUER, Tokens.ISSUER, now, now.plusSeconds(300), List.of(), holder.kid())
            .sign(key);
    var proof = RawHeader.create("DPoP", Tokens.proof(holder, now, token, Map.of()));
    var another =
        RawHeader.create("DPoP", Tokens.proof(SigningKey.generate(), now, token, Map.of()));
    var bound = Tokens.request("DPoP " + token);

    assertThat(of(bound.addHeader(proof))).isInstanceOf(AuthenticatedAgent.class);
    isRefused(of(bound.addHeader(proof)), AuthenticationFailure.PROOF_INVALID);
    isRefused(of(bound), AuthenticationFailure.PROOF_INVALID);
    isRefused(of(bound.addHeader(another)), AuthenticationFailure.PROOF_INVALID);
    isRefused(
        of(
            Tokens.bearer(token)
                .addHeader(RawHeader.create("DPoP", Tokens.proof(holder, now, token, Map.of())))),
        AuthenticationFailure.PROOF_INVALID);
    isRefused(of(Tokens.request("DPoP " + good())), AuthenticationFailure.PROOF_INVALID);
  }
}
