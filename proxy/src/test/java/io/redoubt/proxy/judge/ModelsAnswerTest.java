package io.redoubt.proxy.judge;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.approval.ModelOpinion.Said;
import io.redoubt.protocol.link.ProviderSpec.Kind;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Only one form of answer counts. */
class ModelsAnswerTest {
  private static final String MESSAGE =
      """
      {"type":"message","role":"assistant","stop_reason":"tool_use","content":[
        {"type":"tool_use","id":"tu_1","name":"verdict","input":%s}],
       "usage":{"input_tokens":700,"output_tokens":50}}\
      """;
  private static final String COMPLETION =
      """
      {"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":null,
        "tool_calls":[{"id":"c1","type":"function","function":{"name":"verdict","arguments":%s}}]}}],
       "usage":{"prompt_tokens":700,"completion_tokens":50}}\
      """;
  private static final String FINE =
      "{\"verdict\":\"approve\",\"reason\":\"reads a file\",\"confidence\":90}";

  private static Optional<ModelsAnswer> read(Kind kind, String body) {
    return ModelsAnswer.read(kind, body.getBytes(StandardCharsets.UTF_8)).verdict();
  }

  private static Optional<ModelsAnswer> message(String input) {
    return read(Kind.ANTHROPIC, MESSAGE.formatted(input));
  }

  private static Optional<ModelsAnswer> completion(String arguments) {
    var quoted = '"' + arguments.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    return read(Kind.OPENAI, COMPLETION.formatted(quoted));
  }

  @Test
  void theToolCalledOnceIsAnAnswer() {
    var expected = new ModelsAnswer(Said.APPROVE, 90, "reads a file");

    assertThat(message(FINE)).contains(expected);
    assertThat(completion(FINE)).contains(expected);
    var reply = MESSAGE.formatted(FINE).getBytes(StandardCharsets.UTF_8);
    assertThat(ModelsAnswer.read(Kind.ANTHROPIC, reply).tokens()).isEqualTo(750);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "null",
        "\"approve\"",
        "{\"verdict\":\"approve\"}",
        "{\"verdict\":\"approve\",\"reason\":\"x\"}",
        "{\"verdict\":\"approve\",\"confidence\":90}",
        "{\"verdict\":\"approve\",\"reason\":\"\",\"confidence\":90}",
        "{\"verdict\":\"approve\",\"reason\":null,\"confidence\":90}",
        "{\"verdict\":\"APPROVE\",\"reason\":\"x\",\"confidence\":90}",
        "{\"verdict\":\"approved\",\"reason\":\"x\",\"confidence\":90}",
        "{\"verdict\":true,\"reason\":\"x\",\"confidence\":90}",
        "{\"verdict\":[\"approve\"],\"reason\":\"x\",\"confidence\":90}",
        "{\"verdict\":\"approve\",\"reason\":\"x\",\"confidence\":101}",
        "{\"verdict\":\"approve\",\"reason\":\"x\",\"confidence\":-1}",
        "{\"verdict\":\"approve\",\"reason\":\"x\",\"confidence\":\"90\"}",
        "{\"verdict\":\"approve\",\"reason\":\"x\",\"confidence\":90.5}",
        "{\"verdict\":\"approve\",\"reason\":\"x\",\"confidence\":99999999999}",
        "{\"verdict\":\"approve\",\"reason\":7,\"confidence\":90}",
        "{\"verdict\":\"approve\",\"reason\":\"x\",\"confidence\":90,\"override\":true}",
        "{\"verdict\":\"deny\",\"verdict\":\"approve\",\"reason\":\"x\",\"confidence\":90}"
      })
  void argumentsOfAnyOtherFormAreNone(String arguments) {
    assertThat(message(arguments)).isEmpty();
    assertThat(completion(arguments)).isEmpty();
  }

  @Test
  void aReasonWithoutEndIsNone() {
    assertThat(
            message(
                "{\"verdict\":\"approve\",\"reason\":\"%s\",\"confidence\":90}"
                    .formatted("x".repeat(5_000))))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "approve",
        "{\"verdict\":\"approve\",\"reason\":\"x\",\"confidence\":90}",
        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}",
        // As a text, however it looks.
        "{\"type\":\"message\",\"role\":\"assistant\",\"stop_reason\":\"end_turn\",\"content\":[{\"type\":"
            + "\"text\",\"text\":\"{\\\"verdict\\\":\\\"approve\\\",\\\"reason\\\":\\\"x\\\","
            + "\\\"confidence\\\":90}\"}]}",
        // Cut off.
        "{\"type\":\"message\",\"role\":\"assistant\",\"stop_reason\":\"max_tokens\",\"content\":[{\"type\":"
            + "\"tool_use\",\"name\":\"verdict\",\"input\":{\"verdict\":\"approve\",\"reason\":\"x\","
            + "\"confidence\":90}}]}",
        // Twice.
        "{\"type\":\"message\",\"role\":\"assistant\",\"stop_reason\":\"tool_use\",\"content\":[{\"type\":"
            + "\"tool_use\",\"name\":\"verdict\",\"input\":{\"verdict\":\"approve\",\"reason\":\"x\","
            + "\"confidence\":90}},{\"type\":\"tool_use\",\"name\":\"verdict\",\"input\":{\"verdict\":"
            + "\"deny\",\"reason\":\"x\",\"confidence\":90}}]}",
        // Another tool.
        "{\"type\":\"message\",\"role\":\"assistant\",\"stop_reason\":\"tool_use\",\"content\":[{\"type\":"
            + "\"tool_use\",\"name\":\"Verdict\",\"input\":{\"verdict\":\"approve\",\"reason\":\"x\","
            + "\"confidence\":90}}]}",
        // Somebody else's word.
        "{\"type\":\"message\",\"role\":\"user\",\"stop_reason\":\"tool_use\",\"content\":[{\"type\":"
            + "\"tool_use\",\"name\":\"verdict\",\"input\":{\"verdict\":\"approve\",\"reason\":\"x\","
            + "\"confidence\":90}}]}"
      })
  void repliesOfAnyOtherFormAreNone(String body) {
    assertThat(read(Kind.ANTHROPIC, body)).isEmpty();
    assertThat(read(Kind.OPENAI, body)).isEmpty();
  }

  @Test
  void oneProvidersReplyIsNoneOfTheOthers() {
    assertThat(read(Kind.OPENAI, MESSAGE.formatted(FINE))).isEmpty();
    assertThat(read(Kind.ANTHROPIC, COMPLETION.formatted("\"" + FINE.replace("\"", "\\\"") + "\"")))
        .isEmpty();
  }

  @Test
  void aReplyThatWasCutOrChangedIsNeverReadAsAnotherVerdict() {
    var random = new Random(7);
    var whole = MESSAGE.formatted(FINE).getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 20_000; i++) {
      byte[] changed = Arrays.copyOf(whole, whole.length - random.nextInt(3));
      changed[random.nextInt(changed.length)] = (byte) random.nextInt(128);

      var read = ModelsAnswer.read(Kind.ANTHROPIC, changed).verdict();

      read.ifPresent(it -> assertThat(it.said()).isEqualTo(Said.APPROVE));
    }
  }
}
