package io.redoubt.standalone.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** OpenAI's interface, as strict as the real one where its clients rely on it. */
final class OpenAiDemo {
  private static final List<String> MODELS = List.of("gpt-demo", "text-embedding-demo");
  private static final int DIMENSIONS = 1536;

  private final byte[] authorization;
  private final InstantSource clock;
  private final OpenAiResponsesDemo responses;

  OpenAiDemo(String apiKey, InstantSource clock) {
    this.authorization = ("Bearer " + apiKey).getBytes(StandardCharsets.UTF_8);
    this.clock = clock;
    this.responses = new OpenAiResponsesDemo(clock);
  }

  /** Answers a call below {@code /v1}. */
  void handle(String method, String path, DemoExchange call) throws IOException {
    @Nullable String presented = call.header("Authorization").orElse(null);
    if (presented == null
        || !MessageDigest.isEqual(authorization, presented.getBytes(StandardCharsets.UTF_8))) {
      error(call, 401, "Incorrect API key provided.", null, "invalid_api_key");
      return;
    }
    switch (method + " " + path) {
      case "POST /v1/chat/completions" -> {
        if (isValid(call, "messages", false)) {
          completions(call);
        }
      }
      case "POST /v1/responses" -> {
        if (isValid(call, "input", true)) {
          responses.handle(call);
        }
      }
      case "POST /v1/embeddings" -> {
        if (isValid(call, "input", true)) {
          embeddings(call);
        }
      }
      case "GET /v1/models" -> models(call);
      default -> error(call, 404, "Unknown request URL.", null, "unknown_url");
    }
  }

  private static boolean isValid(DemoExchange call, String content, boolean textAllowed)
      throws IOException {
    JsonNode body = call.body();
    if (!body.isObject()) {
      error(call, 400, "We could not parse the JSON body of your request.", null, null);
      return false;
    }
    if (!body.path("model").isTextual()) {
      error(call, 400, "you must provide a model parameter", null, null);
      return false;
    }
    JsonNode value = body.path(content);
    if (!(value.isArray() && !value.isEmpty()) && !(textAllowed && value.isTextual())) {
      error(
          call,
          400,
          "Missing required parameter: '" + content + "'.",
          content,
          "missing_required_parameter");
      return false;
    }
    return true;
  }

  private void completions(DemoExchange call) throws IOException {
    JsonNode messages = call.body().path("messages");
    var text =
        DemoText.of(
            DemoText.textOf(messages.path(messages.size() - 1).path("content")), call.body());
    if (call.wantsStream()) {
      streamCompletion(call, text);
      return;
    }
    ObjectNode answer = completion("chat.completion", call);
    ObjectNode choice = answer.putArray("choices").addObject().put("index", 0);
    choice
        .putObject("message")
        .put("role", "assistant")
        .put("content", text.whole())
        .putNull("refusal");
    choice.putNull("logprobs").put("finish_reason", "stop");
    answer.set("usage", usage(text.inputTokens(), text.outputTokens()));
    call.json(200, answer);
  }

  private void streamCompletion(DemoExchange call, DemoText text) throws IOException {
    boolean withUsage = call.body().at("/stream_options/include_usage").asBoolean();
    ObjectNode frame = completion("chat.completion.chunk", call);
    var events = call.events();
    events.send(null, chunk(frame, withUsage, "role", "assistant", null));
    for (String piece : text.chunks()) {
      text.pause();
      events.send(null, chunk(frame, withUsage, "content", piece, null));
    }
    events.send(null, chunk(frame, withUsage, null, "", "stop"));
    if (withUsage) {
      ObjectNode last = frame.deepCopy();
      last.putArray("choices");
      last.set("usage", usage(text.inputTokens(), text.outputTokens()));
      events.send(null, last);
    }
    events.raw("data: [DONE]\n\n");
  }

  private static ObjectNode chunk(
      ObjectNode frame,
      boolean withUsage,
      @Nullable String field,
      String value,
      @Nullable String finish) {
    ObjectNode chunk = frame.deepCopy();
    ObjectNode choice = chunk.putArray("choices").addObject().put("index", 0);
    ObjectNode delta = choice.putObject("delta");
    if (field != null) {
      delta.put(field, value);
    }
    choice.putNull("logprobs").put("finish_reason", finish);
    if (withUsage) {
      chunk.putNull("usage");
    }
    return chunk;
  }

  private ObjectNode completion(String object, DemoExchange call) {
    return object()
        .put("id", "chatcmpl-demo-" + UUID.randomUUID())
        .put("object", object)
        .put("created", clock.instant().getEpochSecond())
        .put("model", call.body().path("model").asText())
        .put("system_fingerprint", "redoubt-demo");
  }

  private static void embeddings(DemoExchange call) throws IOException {
    JsonNode input = call.body().path("input");
    boolean base64 = "base64".equals(call.body().path("encoding_format").asText());
    int dimensions = call.body().path("dimensions").asInt(DIMENSIONS);
    if (dimensions < 1 || dimensions > DIMENSIONS) {
      error(call, 400, "dimensions must be 1 to " + DIMENSIONS, "dimensions", "invalid_value");
      return;
    }
    ObjectNode answer = object().put("object", "list");
    var data = answer.putArray("data");
    // A list of numbers is one text that was cut into tokens already.
    boolean several = input.isArray() && !input.path(0).isNumber();
    int count = several ? input.size() : 1;
    for (int index = 0; index < count; index++) {
      String text = (several ? input.path(index) : input).toString();
      ObjectNode item = data.addObject().put("object", "embedding").put("index", index);
      float[] vector = vector(text, dimensions);
      if (base64) {
        var bytes = ByteBuffer.allocate(4 * dimensions).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        item.put("embedding", Base64.getEncoder().encodeToString(bytes.array()));
      } else {
        var numbers = item.putArray("embedding");
        for (float number : vector) {
          numbers.add(number);
        }
      }
    }
    int tokens = DemoText.tokens(input.toString());
    answer.put("model", call.body().path("model").asText());
    answer.putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
    call.json(200, answer);
  }

  /** The same text gives the same vector, of length one; it means nothing. */
  private static float[] vector(String text, int dimensions) {
    var random = new Random(text.hashCode());
    float[] vector = new float[dimensions];
    double square = 0;
    for (int i = 0; i < dimensions; i++) {
      vector[i] = (float) random.nextGaussian();
      square += vector[i] * vector[i];
    }
    for (int i = 0; i < dimensions; i++) {
      vector[i] /= (float) Math.sqrt(square);
    }
    return vector;
  }

  private static void models(DemoExchange call) throws IOException {
    ObjectNode list = object().put("object", "list");
    var data = list.putArray("data");
    MODELS.forEach(id ->
        data.addObject()
            .put("id", id)
            .put("object", "model")
            .put("created", 1767225600)
            .put("owned_by", "redoubt-demo-simulated"));
    call.json(200, list);
  }

  private static ObjectNode usage(int input, int output) {
    return object()
        .put("prompt_tokens", input)
        .put("completion_tokens", output)
        .put("total_tokens", input + output);
  }

  static void error(
      DemoExchange call, int status, String message, @Nullable String param, @Nullable String code)
      throws IOException {
    ObjectNode envelope = object();
    envelope
        .putObject("error")
        .put("message", message)
        .put("type", "invalid_request_error")
        .put("param", param)
        .put("code", code);
    call.json(status, envelope);
  }

  private static ObjectNode object() {
    return Json.LENIENT.createObjectNode();
  }
}
