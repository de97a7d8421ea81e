package io.redoubt.protocol.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CanonicalJsonTest {
  private static String canonical(String json) {
    try {
      JsonNode value =
          Json.STRICT
              .readerFor(JsonNode.class)
              .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
              .readTree(json);
      return new String(CanonicalJson.write(value), StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new AssertionError(json, e);
    }
  }

  /** RFC 8785 §3.2.2 and §3.2.3. */
  @Test
  void theRfcsExamplesAreWrittenAsItSays() {
    assertThat(
            canonical(
                """
                {"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
                 "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
                 "literals": [null, true, false]}
                """))
        .isEqualTo(
            "{\"literals\":[null,true,false],\"numbers\":[333333333.33333329,1e+30,4.5,0.002,1e-27],"
                + "\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
    assertThat(
            canonical(
                """
                {"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh",
                 "1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control",
                 "\\u00f6":"Latin Small Letter O With Diaeresis"}
                """))
        .containsSubsequence("Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew");
  }

  @ParameterizedTest
  @CsvSource({
    "-0, 0",
    "0.0, 0",
    "-1.50, -1.5",
    "100, 100",
    "1e20, 100000000000000000000",
    "1e21, 1e+21",
    "123456789012345678901.0, 123456789012345678901",
    "0.000001, 0.000001",
    "0.0000001, 1e-7",
    "-12.5e-9, -1.25e-8",
    "9223372036854775807, 9223372036854775807",
    "9007199254740993, 9007199254740993",
    "1e400, 1e+400",
  })
  void aNumberHasOneForm(String given, String canonical) {
    assertThat(canonical(given)).isEqualTo(canonical);
  }

  /** Of a double's shortest digits there is one form, whoever wrote them. */
  @Test
  void doublesAreWrittenSoThatTheyComeBack() {
    var random = new Random(7);
    for (int i = 0; i < 10_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(value)) {
        var text = canonical(Double.toString(value));
        assertThat(Double.parseDouble(text)).isEqualTo(value == 0 ? 0.0 : value);
        assertThat(canonical(text)).isEqualTo(text);
      }
    }
  }

  @Test
  void whatIsEmptyStaysAndHalfACharacterIsEscaped() {
    assertThat(canonical(" { \"b\" : [ ] , \"a\" : { } } ")).isEqualTo("{\"a\":{},\"b\":[]}");
    assertThat(canonical("\"a\\ud800b\\udc00\\ud83d\\ude00\"")).isEqualTo("\"a\\ud800b\\udc00😀\"");
  }
}
