package io.redoubt.proxy.llm.reply;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CallArgumentsTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "{}", " {\"a\":[1,2.5,{\"b\":null}],\"c\":9223372036854775807}\n"})
  void whatEveryReaderReadsAlikeIsTaken(String json) {
    assertThat(CallArguments.refusal(json.getBytes(StandardCharsets.UTF_8))).isNull();
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
        "{\"a\":9223372036854775808}|beyond 64 bits",
        "{\"a\":1|not JSON",
        "{'a':1}|not JSON",
        "{\"a\":NaN}|not JSON",
        "{} {}|after their end",
      })
  void whatReadersReadDifferentlyIsRefused(String json, String why) {
    assertThat(CallArguments.refusal(json.getBytes(StandardCharsets.UTF_8))).contains(why);
  }

  @Test
  void whatIsNoTextOrTooMuchIsRefused() {
    assertThat(CallArguments.refusal(new byte[] {'{', '"', (byte) 0xFF, '"', ':', '1', '}'}))
        .isNotNull();
    assertThat(
            CallArguments.refusal(
                ("{\"a\":" + "[".repeat(10_000)).getBytes(StandardCharsets.UTF_8)))
        .contains("nested too deep");
    assertThat(
            CallArguments.refusal(
                ("{\"a\":" + "1".repeat(10_000)).getBytes(StandardCharsets.UTF_8)))
        .contains("a number too long");
    assertThat(CallArguments.refusal(new byte[2 << 20])).contains("larger than");
  }
}
