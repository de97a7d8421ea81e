package io.redoubt.proxy.judge;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import io.redoubt.protocol.approval.ModelOpinion;
import io.redoubt.protocol.approval.ModelOpinion.Said;
import io.redoubt.protocol.audit.Usage;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.ProviderSpec;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a model answered. Only one form counts: the one tool that it was made to call, called once,
 * with exactly the arguments that it takes. Whatever else is in a reply was not asked for, and a
 * text that looks like an answer is none.
 */
record ModelsAnswer(Said said, int confidence, String reason) {
  private static final ObjectReader READER = Json.STRICT.readerFor(Wire.class);
  private static final int LONGEST_REASON = 4_000;
  private static final long MOST_TOKENS = 10_000_000;

  private record Wire(
      @Nullable Said verdict, @Nullable String reason, @Nullable Integer confidence) {}

  /** A reply, taken apart without believing it. */
  record Reply(Optional<ModelsAnswer> verdict, @Nullable Usage usage) {
    /** As far as the provider counted; null: it did not. */
    @Nullable Long tokens() {
      return usage == null ? null : Long.valueOf(usage.inputTokens() + usage.outputTokens());
    }
  }

  /** Reads what a provider answered. */
  static Reply read(ProviderSpec.Kind kind, byte[] body) {
    try {
      JsonNode reply = Json.LENIENT.readTree(body);
      return switch (kind) {
        case ANTHROPIC ->
            new Reply(
                ofMessage(reply), usage(reply.path("usage"), "input_tokens", "output_tokens"));
        case OPENAI ->
            new Reply(
                ofCompletion(reply),
                usage(reply.path("usage"), "prompt_tokens", "completion_tokens"));
      };
    } catch (IOException _) {
      return new Reply(Optional.empty(), null);
    }
  }

  private static Optional<ModelsAnswer> ofMessage(JsonNode reply) {
    var content = reply.path("content");
    var block = content.path(0);
    return isText(reply.path("type"), "message")
            && isText(reply.path("role"), "assistant")
            && isText(reply.path("stop_reason"), "tool_use")
            && content.isArray()
            && content.size() == 1
            && isText(block.path("type"), "tool_use")
            && isText(block.path("name"), JudgePrompt.TOOL)
        ? of(block.path("input"))
        : Optional.empty();
  }

  private static Optional<ModelsAnswer> ofCompletion(JsonNode reply) throws IOException {
    var choices = reply.path("choices");
    var choice = choices.path(0);
    var message = choice.path("message");
    var calls = message.path("tool_calls");
    var call = calls.path(0);
    boolean whole =
        isText(choice.path("finish_reason"), "stop")
            || isText(choice.path("finish_reason"), "tool_calls");
    boolean asked =
        choices.isArray()
            && choices.size() == 1
            && isText(message.path("role"), "assistant")
            && isNothing(message.path("content"))
            && isNothing(message.path("refusal"))
            && calls.isArray()
            && calls.size() == 1
            && isText(call.path("type"), "function")
            && isText(call.path("function").path("name"), JudgePrompt.TOOL)
            && call.path("function").path("arguments").isTextual();
    if (!whole || !asked) {
      return Optional.empty();
    }
    var arguments = call.path("function").path("arguments").textValue();
    return of(Json.STRICT.readTree(arguments));
  }

  private static boolean isText(JsonNode node, String expected) {
    return node.isTextual() && node.textValue().equals(expected);
  }

  private static boolean isNothing(JsonNode node) {
    return node.isMissingNode() || node.isNull() || isText(node, "");
  }

  private static Optional<ModelsAnswer> of(JsonNode arguments) {
    if (!arguments.isObject()) {
      return Optional.empty();
    }
    try {
      Wire wire = READER.readValue(arguments);
      if (wire.verdict == null
          || wire.reason == null
          || wire.confidence == null
          || wire.reason.isBlank()
          || wire.reason.length() > LONGEST_REASON
          || wire.confidence < 0
          || wire.confidence > 100) {
        return Optional.empty();
      }
      return Optional.of(new ModelsAnswer(wire.verdict, wire.confidence, wire.reason));
    } catch (JacksonException _) {
      return Optional.empty();
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
  }

  private static @Nullable Usage usage(JsonNode usage, String input, String output) {
    long in = usage.path(input).asLong(-1);
    long out = usage.path(output).asLong(-1);
    return in < 0 || out < 0 || in > MOST_TOKENS || out > MOST_TOKENS
        ? null
        : new Usage(in, out, 0, 0, 0);
  }

  ModelOpinion by(String model) {
    return new ModelOpinion(model, said, confidence, reason);
  }
}
