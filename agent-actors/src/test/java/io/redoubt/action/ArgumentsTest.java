package io.redoubt.action;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.json.CanonicalJson;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArgumentsTest {
  private static Arguments read(String json) {
    return Arguments.parse(json.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", " {\"a\":[1,2.5,{\"b\":null}],\"c\":9223372036854775807}\n"})
  void whatEveryReaderReadsAlikeIsTaken(String json) {
    assertThat(read(json).refusal()).isNull();
    assertThat(read(json).size()).isEqualTo(json.length());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "{\"a\":1,\"a\":2}|a name twice",
        "{\"a\":1,\"\\u0061\":2}|a name twice",
        "{\"x\":{\"a\":1,\"a\":2}}|a name twice",
        "[]|not a JSON object",
        "\"{}\"|not a JSON object",
        "null|not a JSON object",
        "{\"a\":9223372036854775808}|beyond 64 bits",
        "{\"a\":{\"b\":[0,-9223372036854775809]}}|beyond 64 bits",
        "{\"a\":1|not JSON",
        "{'a':1}|not JSON",
        "{\"a\":NaN}|not JSON",
        "{} {}|not JSON",
      })
  void whatReadersReadDifferentlyIsRefused(String json, String why) {
    assertThat(read(json).refusal()).contains(why);
    assertThat(read(json).values()).isEmpty();
  }

  @Test
  void whatIsNoTextOrTooMuchIsRefused() {
    assertThat(Arguments.parse(new byte[] {'{', '"', (byte) 0xFF, '"', ':', '1', '}'}).refusal())
        .isNotNull();
    assertThat(read("{\"a\":" + "[".repeat(10_000)).refusal()).contains("nested too deep");
    assertThat(read("{\"a\":" + "1".repeat(10_000)).refusal()).contains("a number too long");
    assertThat(Arguments.parse(new byte[2 << 20]).refusal()).contains("larger than");
    assertThat(read("{\"a\":\"" + "x".repeat(10 << 20) + "\"}").refusal())
        .isEqualTo("larger than 1048576 bytes");
    assertThat(read("{\"a\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}").refusal())
        .contains("nested too deep");
  }

  /** What is taken goes on in its canonical form, and has to be read there once more. */
  @Test
  void everyNumberThatIsTakenCanBeReadInItsCanonicalFormToo() {
    var digits = "1234567890".repeat(7);
    for (int length = 1; length <= 64; length++) {
      for (int exponent = -30; exponent <= 30; exponent++) {
        for (var sign : List.of("", "-")) {
          String fraction = length == 1 ? "" : "." + digits.substring(1, length);
          var taken =
              read("{\"n\":%s%c%se%d}".formatted(sign, digits.charAt(0), fraction, exponent));
          if (taken.refusal() == null) {
            var again = Arguments.parse(CanonicalJson.write(taken.values()));
            assertThat(again.refusal())
                .as("%s", taken.values())
                .isIn(null, "a number beyond 64 bits");
          }
        }
      }
    }
    assertThat(read("{\"n\":1." + digits.substring(0, 62) + "e-5}").refusal())
        .contains("a number too long");
  }

  @Test
  void nothingOfThemIsInALog() {
    assertThat(read("{\"key\":\"secret\"}")).asString().doesNotContain("key", "secret");
  }
}
