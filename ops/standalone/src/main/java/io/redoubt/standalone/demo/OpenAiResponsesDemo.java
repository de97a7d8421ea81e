package io.redoubt.standalone.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.time.InstantSource;
import java.util.UUID;

/** OpenAI's responses, plain and as the sequence of events that its SDK expects. */
final class OpenAiResponsesDemo {
  private final InstantSource clock;

  OpenAiResponsesDemo(InstantSource clock) {
    this.clock = clock;
  }

  void handle(DemoExchange call) throws IOException {
    var text = DemoText.of(prompt(call.body().path("input")), call.body());
    String item = "msg_demo_" + UUID.randomUUID().toString().replace("-", "");
    ObjectNode response = response(call.body());
    if (call.wantsStream()) {
      new Stream(call.events(), response, item).send(text);
    } else {
      call.json(200, completed(response, item, text));
    }
  }

  private static String prompt(JsonNode input) {
    return input.isTextual()
        ? input.textValue()
        : DemoText.textOf(input.path(input.size() - 1).path("content"));
  }

  private ObjectNode response(JsonNode request) {
    ObjectNode response =
        object()
            .put("id", "resp_demo_" + UUID.randomUUID().toString().replace("-", ""))
            .put("object", "response")
            .put("created_at", clock.instant().getEpochSecond())
            .put("status", "in_progress")
            .put("model", request.path("model").asText())
            .put("parallel_tool_calls", true)
            .put("tool_choice", "auto")
            .putNull("error")
            .putNull("incomplete_details")
            .putNull("instructions")
            .putNull("usage");
    response.putArray("output");
    response.putArray("tools");
    response.set(
        "metadata", request.path("metadata").isObject() ? request.get("metadata") : object());
    return response;
  }

  private static ObjectNode completed(ObjectNode response, String item, DemoText text) {
    ObjectNode done = response.deepCopy().put("status", "completed");
    done.putArray("output").add(message(item, "completed", text));
    ObjectNode usage = done.putObject("usage");
    usage.put("input_tokens", text.inputTokens());
    usage.putObject("input_tokens_details").put("cached_tokens", 0);
    usage.put("output_tokens", text.outputTokens());
    usage.putObject("output_tokens_details").put("reasoning_tokens", 0);
    usage.put("total_tokens", text.inputTokens() + text.outputTokens());
    return done;
  }

  private static ObjectNode message(String item, String status, DemoText text) {
    ObjectNode message = emptyMessage(item, status);
    message.withArray("content").add(part(text.whole()));
    return message;
  }

  private static ObjectNode emptyMessage(String item, String status) {
    ObjectNode message = object().put("id", item).put("type", "message").put("status", status);
    message.put("role", "assistant").putArray("content");
    return message;
  }

  private static ObjectNode part(String text) {
    ObjectNode part = object().put("type", "output_text").put("text", text);
    part.putArray("annotations");
    return part;
  }

  private static ObjectNode object() {
    return Json.LENIENT.createObjectNode();
  }

  /** One streamed response; its events are numbered. */
  private static final class Stream {
    private final DemoExchange.Events events;
    private final ObjectNode response;
    private final String item;
    private int number;

    Stream(DemoExchange.Events events, ObjectNode response, String item) {
      this.events = events;
      this.response = response;
      this.item = item;
    }

    void send(DemoText text) throws IOException {
      event("response.created", object().set("response", response));
      event("response.in_progress", object().set("response", response));
      event(
          "response.output_item.added",
          object().put("output_index", 0).set("item", emptyMessage(item, "in_progress")));
      event("response.content_part.added", inPart().set("part", part("")));
      for (String chunk : text.chunks()) {
        text.pause();
        ObjectNode delta = inPart().put("delta", chunk);
        delta.putArray("logprobs");
        event("response.output_text.delta", delta);
      }
      ObjectNode whole = inPart().put("text", text.whole());
      whole.putArray("logprobs");
      event("response.output_text.done", whole);
      event("response.content_part.done", inPart().set("part", part(text.whole())));
      event(
          "response.output_item.done",
          object().put("output_index", 0).set("item", message(item, "completed", text)));
      event("response.completed", object().set("response", completed(response, item, text)));
    }

    private ObjectNode inPart() {
      return object().put("item_id", item).put("output_index", 0).put("content_index", 0);
    }

    private void event(String type, JsonNode fields) throws IOException {
      ObjectNode event = object().put("type", type).put("sequence_number", number++);
      event.setAll((ObjectNode) fields);
      events.send(type, event);
    }
  }
}
