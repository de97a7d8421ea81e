package io.redoubt.proxy.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.jwt.SigningKey;
import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.Test;

class DpopProofsTest {
  private static final String TOKEN = "the-token";

  private final ManualClock clock = new ManualClock();
  private final SigningKey holder = SigningKey.generate();
  private final DpopProofs proofs = new DpopProofs(Tokens.CONFIG.dpop(), clock);

  private Optional<String> check(String proof) {
    return shown(
        proofs, Tokens.request("DPoP " + TOKEN).addHeader(RawHeader.create("DPoP", proof)));
  }

  private Optional<String> shown(DpopProofs checker, HttpRequest request) {
    return checker.ofToken(request, TOKEN, holder.kid(), Tokens.AGENT)
            instanceof Proof.Shown(var thumbprint)
        ? Optional.of(thumbprint)
        : Optional.empty();
  }

  private String proof(Map<String, Object> changes) {
    return Tokens.proof(holder, clock.instant(), TOKEN, changes);
  }

  @Test
  void aProofShowsItsKeyOnce() {
    String proof = proof(Map.of());

    assertThat(check(proof)).hasValue(holder.kid());
    assertThat(check(proof)).isEmpty();
    assertThat(check(proof(Map.of()))).hasValue(holder.kid());
  }

  @Test
  void hostAndSchemeAreComparedInAnyCaseAndDefaultPortsAreCut() {
    var request =
        HttpRequest.POST("http://enclave.test/v1/messages")
            .addHeader(
                RawHeader.create(
                    "DPoP", proof(Map.of("htu", "HTTP://Enclave.TEST:80/v1/messages"))));

    assertThat(shown(proofs, request)).isPresent();
  }

  @Test
  void everyClaimMustFit() {
    long now = clock.instant().getEpochSecond();
    for (Map<String, Object> wrong :
        List.<Map<String, Object>>of(
            Map.of("htm", "GET"),
            Map.of("htm", "post"),
            Map.of("htu", "http://enclave.test:8445/v1/other"),
            Map.of("htu", "http://evil.test:8445/v1/messages"),
            Map.of("htu", "https://enclave.test:8445/v1/messages"),
            Map.of("htu", "/v1/messages"),
            Map.of("htu", "::not a uri"),
            Map.of("iat", now - 61),
            Map.of("iat", now + 6),
            Map.of("ath", Tokens.ath("another")),
            Map.of("ath", ""),
            Map.of("jti", ""),
            Map.of("jti", "x".repeat(300)))) {
      assertThat(check(proof(wrong))).as("%s", wrong).isEmpty();
    }
  }

  @Test
  void theHeadMustBeThatOfAProof() {
    var jwk = holder.publicHalf().jwk();
    String claims = Tokens.decode(proof(Map.of()).split("\\.", -1)[1]);
    String key =
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" + jwk.x() + "\",\"y\":\"" + jwk.y() + "\"";
    for (String head :
        List.of(
            "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"jwk\":" + key + "}}",
            "{\"typ\":\"dpop+jwt\",\"alg\":\"none\",\"jwk\":" + key + "}}",
            "{\"typ\":\"dpop+jwt\",\"alg\":\"RS256\",\"jwk\":" + key + "}}",
            "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\"}",
            "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":" + key + ",\"d\":\"AA\"}}",
            "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":"
                + key.replace(jwk.x(), jwk.y())
                + "}}",
            "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"kid\":\"x\",\"jwk\":" + key + "}}")) {
      assertThat(check(Tokens.signed(holder, head, claims))).as(head).isEmpty();
    }
  }

  @Test
  void aProofOfNothingIsRefused() {
    String claims = Tokens.decode(proof(Map.of()).split("\\.", -1)[1]);
    String head = Tokens.decode(proof(Map.of()).split("\\.", -1)[0]);

    assertThat(check(Tokens.signed(holder, "null", claims))).isEmpty();
    assertThat(check(Tokens.signed(holder, head, "null"))).isEmpty();
    assertThat(check(Tokens.signed(holder, head, claims))).isPresent();
  }

  @Test
  void aForgedOrTruncatedProofIsRefusedAndDoesNotUseUpTheGoodOne() {
    String proof = proof(Map.of());
    String other = proof(Map.of());

    assertThat(check(proof.substring(0, proof.length() - 4))).isEmpty();
    assertThat(
            check(
                proof.substring(0, proof.lastIndexOf('.'))
                    + other.substring(other.lastIndexOf('.'))))
        .isEmpty();
    assertThat(check("x".repeat(20_000))).isEmpty();
    assertThat(check(proof)).isPresent();
  }

  @Test
  void twoProofsInOneRequestAreRefused() {
    var request =
        Tokens.request("DPoP " + TOKEN)
            .addHeader(RawHeader.create("DPoP", proof(Map.of())))
            .addHeader(RawHeader.create("dpop", proof(Map.of())));

    assertThat(shown(proofs, request)).isEmpty();
  }

  private DpopProofs remembering(int all, int perCaller) {
    return new DpopProofs(
        new AuthenticateConfig.Dpop(
            Duration.ofMinutes(1), Duration.ofSeconds(5), all, perCaller, 4096, 10, List.of()),
        clock);
  }

  private Proof fresh(DpopProofs checker, SigningKey key, String caller) {
    String proof = Tokens.proof(key, clock.instant(), TOKEN, Map.of());
    var request = Tokens.request("DPoP " + TOKEN).addHeader(RawHeader.create("DPoP", proof));
    return checker.ofToken(request, TOKEN, holder.kid(), caller);
  }

  private Proof alone(DpopProofs checker, String caller) {
    String proof = Tokens.proof(SigningKey.generate(), clock.instant(), null, Map.of());
    var request =
        HttpRequest.POST("http://enclave.test:8445/v1/messages")
            .addHeader(RawHeader.create("DPoP", proof));
    return checker.ofAnyKey(request, caller);
  }

  @Test
  void aFullReplayMemoryRefusesUntilItEmpties() {
    var small = remembering(4, 4);
    assertThat(fresh(small, holder, "a")).isInstanceOf(Proof.Shown.class);
    assertThat(fresh(small, holder, "b")).isInstanceOf(Proof.Shown.class);

    assertThat(fresh(small, holder, "c")).isEqualTo(Proof.Refused.FULL);
    clock.advance(Duration.ofSeconds(70));
    assertThat(fresh(small, holder, "c")).isInstanceOf(Proof.Shown.class);
  }

  @Test
  void whoeverSpendsProofsWithoutEndIsRefusedAndNobodyElse() {
    var small = remembering(100, 4);
    assertThat(fresh(small, holder, "greedy")).isInstanceOf(Proof.Shown.class);
    assertThat(fresh(small, holder, "greedy")).isInstanceOf(Proof.Shown.class);

    assertThat(fresh(small, holder, "greedy")).isEqualTo(Proof.Refused.TOO_MANY);
    assertThat(fresh(small, holder, "modest")).isInstanceOf(Proof.Shown.class);
  }

  @Test
  void whoHasNotTheTokensKeyTakesNoRoom() {
    var small = remembering(4, 4);
    for (int i = 0; i < 5; i++) {
      assertThat(fresh(small, SigningKey.generate(), "thief" + i)).isEqualTo(Proof.Refused.INVALID);
    }

    assertThat(fresh(small, holder, "a")).isInstanceOf(Proof.Shown.class);
  }

  @Test
  void whoHoldsNoTokenYetTakesNoRoomFromThoseWhoDo() {
    var small = remembering(4, 4);
    assertThat(alone(small, "a")).isInstanceOf(Proof.Shown.class);
    assertThat(alone(small, "b")).isInstanceOf(Proof.Shown.class);

    assertThat(alone(small, "c")).isEqualTo(Proof.Refused.FULL);
    assertThat(fresh(small, holder, "d")).isInstanceOf(Proof.Shown.class);
  }

  @Test
  void aNodeBehindSomethingThatEndsTlsKnowsItsAddress() {
    var behind =
        new DpopProofs(
            new AuthenticateConfig.Dpop(
                Duration.ofMinutes(1),
                Duration.ofSeconds(5),
                100,
                100,
                4096,
                10,
                List.of("https://enclave.example")),
            clock);
    var request =
        HttpRequest.POST("http://10.0.0.9:8445/v1/messages")
            .addHeader(
                RawHeader.create(
                    "DPoP", proof(Map.of("htu", "https://enclave.example/v1/messages"))));

    assertThat(shown(behind, request)).isPresent();
    assertThat(fresh(behind, holder, "a")).isEqualTo(Proof.Refused.INVALID);
  }
}
