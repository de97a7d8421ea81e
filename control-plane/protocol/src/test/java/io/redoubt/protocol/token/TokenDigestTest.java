package io.redoubt.protocol.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.redoubt.protocol.json.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenDigestTest {
  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @Test
  void aDigestIsTheSha256OfTheText() {
    assertThat(TokenDigest.of("abc")).hasToString(ABC);
    assertThat(TokenDigest.parse(ABC)).isEqualTo(TokenDigest.of("abc"));
    assertThat(TokenDigest.ofBytes(TokenDigest.of("abc").bytes())).isEqualTo(TokenDigest.of("abc"));
  }

  @Test
  void digestsAreEqualWhereTheirBytesAre() {
    assertThat(TokenDigest.of("abc")).hasSameHashCodeAs(TokenDigest.parse(ABC));
    assertThat(TokenDigest.of("abc")).isNotEqualTo(TokenDigest.of("abd")).isNotEqualTo(ABC);
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        "ba78",
        "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
        "ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        " a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0"
      })
  void anythingElseIsNoDigest(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> TokenDigest.parse(text));
  }

  @Test
  void bytesGoInAndOutAsCopies() {
    var digest = TokenDigest.of("abc");
    digest.bytes()[0] = 0;

    assertThat(digest).hasToString(ABC);
    assertThatIllegalArgumentException().isThrownBy(() -> TokenDigest.ofBytes(new byte[31]));
  }

  @Test
  void inJsonADigestIsItsText() throws Exception {
    assertThat(
            new String(Json.write(TokenDigest.of("abc")), java.nio.charset.StandardCharsets.UTF_8))
        .isEqualTo('"' + ABC + '"');
    assertThat(Json.STRICT.readValue('"' + ABC + '"', TokenDigest.class))
        .isEqualTo(TokenDigest.of("abc"));
  }
}
