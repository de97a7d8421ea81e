package io.redoubt.standalone.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Anthropic's interface, as strict as the real one where its clients rely on it. */
final class AnthropicDemo {
  private static final List<String> MODELS = List.of("claude-demo-large", "claude-demo-small");
  private static final Set<String> ROLES = Set.of("user", "assistant", "system");

  private final byte[] apiKey;

  AnthropicDemo(String apiKey) {
    this.apiKey = apiKey.getBytes(StandardCharsets.UTF_8);
  }

  /** Answers a call below {@code /v1}. */
  void handle(String method, String path, DemoExchange call) throws IOException {
    @Nullable String presented = call.header("x-api-key").orElse(null);
    if (presented == null
        || !MessageDigest.isEqual(apiKey, presented.getBytes(StandardCharsets.UTF_8))) {
      error(call, 401, "authentication_error", "invalid x-api-key");
    } else if (call.header("anthropic-version").isEmpty()) {
      error(call, 400, "invalid_request_error", "anthropic-version: header is required");
    } else {
      switch (method + " " + path) {
        case "POST /v1/messages" -> messages(call);
        case "POST /v1/messages/count_tokens" -> countTokens(call);
        case "GET /v1/models" -> models(call);
        default -> error(call, 404, "not_found_error", "Not found");
      }
    }
  }

  private void messages(DemoExchange call) throws IOException {
    @Nullable String wrong = problem(call.body());
    if (wrong == null && !call.body().path("max_tokens").isIntegralNumber()) {
      wrong = "max_tokens: Field required";
    }
    if (wrong == null && call.body().path("max_tokens").intValue() < 1) {
      wrong = "max_tokens: Input should be greater than or equal to 1";
    }
    if (wrong != null) {
      error(call, 400, "invalid_request_error", wrong);
      return;
    }
    var text = DemoText.of(prompt(call.body()), call.body());
    if (call.wantsStream()) {
      stream(call, text);
      return;
    }
    ObjectNode message = message(call.body().path("model").asText());
    message.putArray("content").addObject().put("type", "text").put("text", text.whole());
    message.put("stop_reason", "end_turn");
    message.set("usage", usage(text.inputTokens(), text.outputTokens()));
    call.json(200, message);
  }

  private static void stream(DemoExchange call, DemoText text) throws IOException {
    var events = call.events();
    ObjectNode message = message(call.body().path("model").asText());
    message.putArray("content");
    message.putNull("stop_reason");
    message.set("usage", usage(text.inputTokens(), 1));
    events.send("message_start", event("message_start").set("message", message));
    ObjectNode block = event("content_block_start").put("index", 0);
    block.putObject("content_block").put("type", "text").put("text", "");
    events.send("content_block_start", block);
    events.send("ping", event("ping"));
    for (String chunk : text.chunks()) {
      text.pause();
      ObjectNode delta = event("content_block_delta").put("index", 0);
      delta.putObject("delta").put("type", "text_delta").put("text", chunk);
      events.send("content_block_delta", delta);
    }
    events.send("content_block_stop", event("content_block_stop").put("index", 0));
    ObjectNode end = event("message_delta");
    end.putObject("delta").put("stop_reason", "end_turn").putNull("stop_sequence");
    end.set("usage", object().put("output_tokens", text.outputTokens()));
    events.send("message_delta", end);
    events.send("message_stop", event("message_stop"));
  }

  private void countTokens(DemoExchange call) throws IOException {
    @Nullable String wrong = problem(call.body());
    if (wrong != null) {
      error(call, 400, "invalid_request_error", wrong);
    } else {
      call.json(200, object().put("input_tokens", DemoText.tokens(call.body().toString())));
    }
  }

  private static void models(DemoExchange call) throws IOException {
    ObjectNode list = object();
    var data = list.putArray("data");
    MODELS.forEach(id ->
        data.addObject()
            .put("type", "model")
            .put("id", id)
            .put("display_name", id + " (simulated)")
            .put("created_at", "2026-01-01T00:00:00Z"));
    list.put("has_more", false).put("first_id", MODELS.getFirst()).put("last_id", MODELS.getLast());
    call.json(200, list);
  }

  /** What is wrong with a request, in the words of the real service; null: nothing. */
  private static @Nullable String problem(JsonNode body) {
    if (!body.isObject()) {
      return "The request body is not valid JSON.";
    }
    if (!body.path("model").isTextual()) {
      return "model: Field required";
    }
    if (!body.path("messages").isArray()) {
      return "messages: Field required";
    }
    if (body.path("messages").isEmpty()) {
      return "messages: at least one message is required";
    }
    int index = 0;
    for (JsonNode message : body.path("messages")) {
      if (!ROLES.contains(message.path("role").asText())) {
        return "messages." + index + ".role: Input should be 'user' or 'assistant'";
      }
      if (!message.path("content").isTextual() && !message.path("content").isArray()) {
        return "messages." + index + ".content: Field required";
      }
      index++;
    }
    return null;
  }

  private static String prompt(JsonNode body) {
    return DemoText.textOf(
        body.path("messages").path(body.path("messages").size() - 1).path("content"));
  }

  private static ObjectNode message(String model) {
    return object()
        .put("id", "msg_demo_" + UUID.randomUUID().toString().replace("-", ""))
        .put("type", "message")
        .put("role", "assistant")
        .put("model", model)
        .putNull("stop_sequence");
  }

  private static ObjectNode usage(int input, int output) {
    return object()
        .put("input_tokens", input)
        .put("cache_creation_input_tokens", 0)
        .put("cache_read_input_tokens", 0)
        .put("output_tokens", output);
  }

  static void error(DemoExchange call, int status, String type, String message) throws IOException {
    ObjectNode envelope = object().put("type", "error");
    envelope.putObject("error").put("type", type).put("message", message);
    call.json(status, envelope.put("request_id", "req_demo_" + UUID.randomUUID()));
  }

  private static ObjectNode event(String type) {
    return object().put("type", type);
  }

  private static ObjectNode object() {
    return Json.LENIENT.createObjectNode();
  }
}
