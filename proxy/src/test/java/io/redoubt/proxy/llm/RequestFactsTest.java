package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestFactsTest {
  private static RequestFacts read(String body) {
    try {
      return RequestFacts.read(
          LlmOperation.CHAT_COMPLETIONS, body.getBytes(StandardCharsets.UTF_8));
    } catch (RequestFacts.UnreadableException e) {
      throw new AssertionError(e);
    }
  }

  /** An at sign, a slash and a surrogate that some readers take, and nobody inspects. */
  @ParameterizedTest
  @ValueSource(
      strings = {"c180", "e08180", "f0808180", "edA0bd", "f5808080", "f4908080", "ff", "c3"})
  void whatIsNotUtf8IsRefused(String hex) {
    var body = new ByteArrayOutputStream();
    body.writeBytes("{\"model\":\"m\",\"x\":\"jane".getBytes(StandardCharsets.UTF_8));
    body.writeBytes(HexFormat.of().parseHex(hex));
    body.writeBytes("example.com\"}".getBytes(StandardCharsets.UTF_8));

    assertThatThrownBy(() -> RequestFacts.read(LlmOperation.CHAT_COMPLETIONS, body.toByteArray()))
        .isInstanceOf(RequestFacts.UnreadableException.class);
  }

  @Test
  void modelAndStreamAreFoundWhereverTheyStand() {
    var facts = read("{\"a\":{\"model\":\"no\"},\"stream\":true,\"m\":[{}],\"model\":\"gpt-4o\"}");

    assertThat(facts.model()).isEqualTo("gpt-4o");
    assertThat(facts.streams()).isTrue();
    assertThat(read("{\"model\":\"gpt-4o\",\"stream\":null}").streams()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      delimiter = '|',
      textBlock =
          """
          '{"model":"m","x":"ü"}'                                             | '{"stream_options":{"include_usage":true},"model":"m","x":"ü"}'
          ' { "x":"ü", "stream_options" : {} ,"model":"m"}'                   | ' { "x":"ü", "stream_options" : {"include_usage":true} ,"model":"m"}'
          '{"x":"ü","model":"m","stream_options":{ "include_obfuscation":false}}' | '{"x":"ü","model":"m","stream_options":{"include_usage":true, "include_obfuscation":false}}'
          '{"x":"ü","model":"m","stream_options":null}'                       | '{"x":"ü","model":"m","stream_options":{"include_usage":true}}'
          '{"x":"ü","model":"m","stream_options":{"include_usage": false }}'  | '{"x":"ü","model":"m","stream_options":{"include_usage": true }}'
          '{"x":"ü","model":"m","stream_options":{"a":{"include_usage":true},"include_usage":null}}' | '{"x":"ü","model":"m","stream_options":{"a":{"include_usage":true},"include_usage":true}}'
          """)
  void usageIsAskedForWithoutTouchingAnotherByte(String body, String expected) {
    var splice = Optional.ofNullable(read(body).usageSplice()).orElseThrow();

    assertThat(splice.applyTo(ByteString.fromString(body)).utf8String()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      delimiter = '|',
      textBlock =
          """
          '{"model":"m","stream_options":{"include_usage":true}}'
          '{"model":"m","stream_options":{"include_usage":"yes"}}'
          '{"model":"m","stream_options":[{"include_usage":false}]}'
          '{"model":"m","stream_options":"x"}'
          """)
  void whereItIsAskedForOrWrongNothingIsChanged(String body) {
    assertThat(read(body).usageSplice()).isNull();
  }
}
