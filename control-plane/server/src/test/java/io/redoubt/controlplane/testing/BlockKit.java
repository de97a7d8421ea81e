package io.redoubt.controlplane.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What Slack documents of the blocks used here, and their limits. Anything else is wrong. */
final class BlockKit {
  private final List<String> wrong = new ArrayList<>();
  private final Set<String> ids = new HashSet<>();

  private BlockKit() {}

  /** The first thing that is wrong with a message; empty: nothing. */
  static Optional<String> wrongWithMessage(JsonNode message) {
    var kit = new BlockKit();
    kit.text("text", message.path("text"), 4_000);
    if (message.has("blocks")) {
      kit.require(message.path("blocks").isArray(), "blocks are a list");
      kit.require(message.path("blocks").size() <= 50, "at most 50 blocks");
      message.path("blocks").forEach(kit::block);
    }
    if (message.has("metadata")) {
      JsonNode metadata = message.path("metadata");
      kit.fields(metadata, "event_type", "event_payload");
      kit.text("event_type", metadata.path("event_type"), 255);
      kit.require(metadata.path("event_payload").isObject(), "event_payload is an object");
    }
    return kit.wrong.stream().findFirst();
  }

  /** The same of a form. */
  static Optional<String> wrongWithModal(JsonNode view) {
    var kit = new BlockKit();
    kit.fields(
        view, "type", "callback_id", "private_metadata", "title", "submit", "close", "blocks");
    kit.require(view.path("type").asText().equals("modal"), "type is modal");
    kit.plain("title", view.path("title"), 24);
    kit.plain("submit", view.path("submit"), 24);
    kit.plain("close", view.path("close"), 24);
    kit.text("callback_id", view.path("callback_id"), 255);
    kit.text("private_metadata", view.path("private_metadata"), 3_000);
    kit.require(view.path("blocks").isArray() && view.path("blocks").size() <= 100, "blocks");
    view.path("blocks").forEach(kit::block);
    return kit.wrong.stream().findFirst();
  }

  private void require(boolean holds, String what) {
    if (!holds) {
      wrong.add(what);
    }
  }

  private void fields(JsonNode node, String... known) {
    var names = Set.of(known);
    node.fieldNames()
        .forEachRemaining(name -> require(names.contains(name), "unknown field " + name));
  }

  private void text(String what, JsonNode text, int most) {
    require(
        text.isTextual() && !text.asText().isEmpty() && text.asText().length() <= most,
        what + " has 1 to " + most + " characters, not " + text.asText().length());
  }

  private void plain(String what, JsonNode text, int most) {
    fields(text, "type", "text", "emoji");
    require(text.path("type").asText().equals("plain_text"), what + " is plain text");
    text(what, text.path("text"), most);
  }

  private void block(JsonNode block) {
    if (block.has("block_id")) {
      text("block_id", block.path("block_id"), 255);
      require(ids.add(block.path("block_id").asText()), "a block_id twice");
    }
    switch (block.path("type").asText()) {
      case "header" -> {
        fields(block, "type", "text", "block_id");
        plain("header", block.path("text"), 150);
      }
      case "section" -> {
        fields(block, "type", "fields", "block_id");
        require(block.path("fields").size() >= 1, "a section without fields");
        require(block.path("fields").size() <= 10, "at most 10 fields");
        block.path("fields").forEach(field -> plain("field", field, 2_000));
      }
      case "context" -> {
        fields(block, "type", "elements", "block_id");
        require(block.path("elements").size() <= 10, "at most 10 elements");
        block.path("elements").forEach(element -> plain("context", element, 2_000));
      }
      case "rich_text" -> {
        fields(block, "type", "elements", "block_id");
        block
            .path("elements")
            .forEach(part -> {
              require(
                  part.path("type").asText().equals("rich_text_preformatted"), "preformatted text");
              part.path("elements").forEach(it -> text("rich text", it.path("text"), 3_000));
            });
      }
      case "actions" -> {
        fields(block, "type", "elements", "block_id");
        require(block.path("elements").size() <= 25, "at most 25 elements");
        block.path("elements").forEach(this::button);
      }
      case "input" -> {
        fields(block, "type", "label", "element", "block_id", "optional");
        plain("label", block.path("label"), 2_000);
        JsonNode element = block.path("element");
        fields(
            element, "type", "action_id", "min_length", "max_length", "multiline", "initial_value");
        require(
            element.path("initial_value").asText().length() <= element.path("max_length").asInt(),
            "no more to begin with than there may be");
        require(element.path("type").asText().equals("plain_text_input"), "a text input");
        text("action_id", element.path("action_id"), 255);
        require(element.path("max_length").asInt() <= 3_000, "at most 3000 characters of input");
      }
      default -> wrong.add("unknown block " + block.path("type"));
    }
  }

  private void button(JsonNode button) {
    fields(button, "type", "action_id", "text", "style", "value", "confirm");
    require(button.path("type").asText().equals("button"), "a button");
    text("action_id", button.path("action_id"), 255);
    require(ids.add("action " + button.path("action_id").asText()), "an action_id twice");
    plain("button", button.path("text"), 75);
    text("value", button.path("value"), 2_000);
    if (button.has("style")) {
      require(Set.of("primary", "danger").contains(button.path("style").asText()), "style");
    }
    if (button.has("confirm")) {
      JsonNode confirm = button.path("confirm");
      fields(confirm, "title", "text", "confirm", "deny");
      plain("title", confirm.path("title"), 100);
      plain("text", confirm.path("text"), 300);
      plain("confirm", confirm.path("confirm"), 30);
      plain("deny", confirm.path("deny"), 30);
    }
  }
}
