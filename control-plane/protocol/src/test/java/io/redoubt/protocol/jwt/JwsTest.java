package io.redoubt.protocol.jwt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A token cannot say how it wants to be checked (RFC 8725). */
class JwsTest {
  private static final int MAX = 4096;
  private static final byte[] PAYLOAD = "{\"iss\":\"me\"}".getBytes(UTF_8);

  private final SigningKey key = SigningKey.generate();
  private final SigningKey other = SigningKey.generate();
  private final String token = Jws.sign(key, Jws.Type.AGENT_ACCESS, PAYLOAD);

  @ParameterizedTest
  @EnumSource(Jws.Type.class)
  void aTokenComesBackForItsUseAndNoOther(Jws.Type type) {
    String signed = Jws.sign(key, type, PAYLOAD);

    for (Jws.Type use : Jws.Type.values()) {
      assertThat(verified(use, signed).isPresent()).isEqualTo(use == type);
    }
    var parsed = Jws.parse(type, signed, MAX).orElseThrow();
    assertThat(parsed.kid()).isEqualTo(key.kid());
    assertThat(parsed.type()).isEqualTo(type);
    assertThat(parsed.payloadIfSignedBy(key.publicHalf())).contains(PAYLOAD);
  }

  @Test
  void anotherKeyDoesNotVerifyItEvenUnderItsName() {
    var forged = signed(other, header("ES256", key.kid(), "at+jwt"));

    assertThat(
            Jws.parse(Jws.Type.AGENT_ACCESS, token, MAX)
                .orElseThrow()
                .payloadIfSignedBy(other.publicHalf()))
        .isEmpty();
    assertThat(verified(Jws.Type.AGENT_ACCESS, forged)).isEmpty();
  }

  @Test
  void aWellSignedTokenWithAnHonestHeaderIsTheControl() {
    assertThat(verified(Jws.Type.AGENT_ACCESS, signed(key, header("ES256", key.kid(), "at+jwt"))))
        .contains(PAYLOAD);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"alg\":\"none\",\"kid\":\"KID\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"None\",\"kid\":\"KID\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"HS256\",\"kid\":\"KID\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"ES384\",\"kid\":\"KID\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"es256\",\"kid\":\"KID\",\"typ\":\"at+jwt\"}",
        "{\"alg\":[\"ES256\"],\"kid\":\"KID\",\"typ\":\"at+jwt\"}",
        "{\"alg\":null,\"kid\":\"KID\",\"typ\":\"at+jwt\"}",
        "{\"kid\":\"KID\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":null,\"typ\":\"at+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":7,\"typ\":\"at+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":\"KID\"}",
        "{\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"JWT\"}",
        "{\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"AT+JWT\"}",
        "{\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"at+jwt\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"at+jwt\",\"crit\":[]}",
        "{\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"at+jwt\",\"jwk\":{}}",
        "{\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"at+jwt\",\"jku\":\"https://evil.example\"}",
        "{\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"at+jwt\",\"x5u\":\"https://evil.example\"}",
        "{\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"at+jwt\",\"x5c\":[]}",
        "{\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"at+jwt\",\"b64\":false}",
        "{\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"at+jwt\",\"zip\":\"DEF\"}",
        "{\"alg\":\"none\",\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"at+jwt\"} x",
        "{\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"at+jwt\"",
        "null",
        "[]",
        "\"ES256\"",
        ""
      })
  void aHeaderThatIsNotExactlyOursIsRefusedThoughItIsWellSigned(String header) {
    assertThat(Jws.parse(Jws.Type.AGENT_ACCESS, signed(key, header.replace("KID", key.kid())), MAX))
        .isEmpty();
  }

  @Test
  void anHmacUnderThePublicKeyIsNoSignature() throws Exception {
    var mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key.publicHalf().jwk().x().getBytes(UTF_8), "HmacSHA256"));
    for (String alg : new String[] {"HS256", "ES256"}) {
      String input =
          encode(header(alg, key.kid(), "at+jwt").getBytes(UTF_8)) + '.' + encode(PAYLOAD);
      String forged = input + '.' + encode(mac.doFinal(input.getBytes(UTF_8)));

      assertThat(verified(Jws.Type.AGENT_ACCESS, forged)).isEmpty();
    }
  }

  @Test
  void everyTruncationIsRefused() {
    for (int length = 0; length < token.length(); length++) {
      assertThat(verified(Jws.Type.AGENT_ACCESS, token.substring(0, length))).isEmpty();
    }
  }

  @Test
  void everyChangedCharacterIsRefused() {
    for (int at = 0; at < token.length(); at++) {
      char changed = token.charAt(at) == 'A' ? 'B' : 'A';
      String forged = token.substring(0, at) + changed + token.substring(at + 1);
      assertThat(verified(Jws.Type.AGENT_ACCESS, forged)).as("character %d", at).isEmpty();
    }
  }

  @Test
  void anotherSpellingOfTheSignatureIsRefused() {
    // 86 characters hold 516 bits, four of them left over: 16 spellings of the same 64 bytes.
    String front = token.substring(0, token.length() - 1);
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int first = alphabet.indexOf(token.charAt(token.length() - 1)) & ~15;
    int accepted = 0;
    for (int spelling = first; spelling < first + 16; spelling++) {
      if (Jws.parse(Jws.Type.AGENT_ACCESS, front + alphabet.charAt(spelling), MAX).isPresent()) {
        accepted++;
      }
    }

    assertThat(accepted).isEqualTo(1);
    assertThat(Jws.parse(Jws.Type.AGENT_ACCESS, token + "==", MAX)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "...", "a.b", "a.b.c", "a..c", ".b.c", "é.é.é", "☃.☃.☃"})
  void whatIsNoTokenIsRefused(String text) {
    assertThat(Jws.parse(Jws.Type.AGENT_ACCESS, text, MAX)).isEmpty();
  }

  @Test
  void aFourthPartIsRefused() {
    assertThat(Jws.parse(Jws.Type.AGENT_ACCESS, token + ".", MAX)).isEmpty();
    assertThat(Jws.parse(Jws.Type.AGENT_ACCESS, token + ".x", MAX)).isEmpty();
    assertThat(Jws.parse(Jws.Type.AGENT_ACCESS, "." + token, MAX)).isEmpty();
  }

  @Test
  void spaceAroundOrWithinIsRefused() {
    assertThat(verified(Jws.Type.AGENT_ACCESS, " " + token)).isEmpty();
    assertThat(verified(Jws.Type.AGENT_ACCESS, token + " ")).isEmpty();
    assertThat(verified(Jws.Type.AGENT_ACCESS, token + "\n")).isEmpty();
    assertThat(verified(Jws.Type.AGENT_ACCESS, token.replace(".", ". "))).isEmpty();
  }

  @Test
  void aTokenThatIsTooLongIsNotEvenRead() {
    assertThat(Jws.parse(Jws.Type.AGENT_ACCESS, token, token.length())).isPresent();
    assertThat(Jws.parse(Jws.Type.AGENT_ACCESS, token, token.length() - 1)).isEmpty();
  }

  @Test
  void aSignatureOfNothingIsRefused() {
    // CVE-2022-21449: R = S = 0 once verified everything.
    String front = token.substring(0, token.lastIndexOf('.') + 1);
    byte[] ones = new byte[64];
    java.util.Arrays.fill(ones, (byte) 0xff);

    assertThat(verified(Jws.Type.AGENT_ACCESS, front + encode(new byte[64]))).isEmpty();
    assertThat(verified(Jws.Type.AGENT_ACCESS, front + encode(ones))).isEmpty();
    assertThat(verified(Jws.Type.AGENT_ACCESS, front + encode(new byte[63]))).isEmpty();
    assertThat(verified(Jws.Type.AGENT_ACCESS, front + encode(new byte[65]))).isEmpty();
  }

  private Optional<byte[]> verified(Jws.Type type, String text) {
    return Jws.parse(type, text, MAX).flatMap(jws -> jws.payloadIfSignedBy(key.publicHalf()));
  }

  private static String header(String alg, String kid, String typ) {
    return "{\"alg\":\"" + alg + "\",\"kid\":\"" + kid + "\",\"typ\":\"" + typ + "\"}";
  }

  private static String signed(SigningKey signer, String header) {
    String input = encode(header.getBytes(UTF_8)) + '.' + encode(PAYLOAD);
    return input + '.' + encode(signer.sign(input.getBytes(UTF_8)));
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
