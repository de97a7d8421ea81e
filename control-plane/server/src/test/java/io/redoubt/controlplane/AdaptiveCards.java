package io.redoubt.controlplane;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What Microsoft documents of the activities and of the parts of Adaptive Cards used here, and
 * Teams' limits. Anything else is wrong.
 */
final class AdaptiveCards {
  private static final int MAX_BYTES = 28 * 1024;

  private final List<String> wrong = new ArrayList<>();
  private final Set<String> ids = new HashSet<>();

  private AdaptiveCards() {}

  /** The first thing that is wrong with a message; empty: nothing. */
  static Optional<String> wrongWith(JsonNode activity) {
    var cards = new AdaptiveCards();
    cards.require(activity.path("type").asText().equals("message"), "type is message");
    cards.require(activity.toString().length() * 2 <= MAX_BYTES, "too large in UTF-16");
    if (activity.has("attachments")) {
      cards.fields(activity, "type", "summary", "attachments", "id");
      cards.require(activity.path("attachments").size() == 1, "one attachment");
      JsonNode attachment = activity.path("attachments").path(0);
      cards.fields(attachment, "contentType", "content");
      cards.require(
          attachment.path("contentType").asText().equals("application/vnd.microsoft.card.adaptive"),
          "an Adaptive Card");
      JsonNode card = attachment.path("content");
      cards.require(
          card.path("$schema")
              .asText()
              .equals("http://adaptivecards.io/schemas/adaptive-card.json"),
          "its schema");
      cards.fields(card, "type", "version", "$schema", "msteams", "body", "actions");
      cards.card(card, false);
    } else {
      cards.fields(activity, "type", "textFormat", "text", "replyToId", "recipient");
      cards.require(activity.path("textFormat").asText().equals("plain"), "plain text");
      cards.text("text", activity.path("text"));
    }
    return cards.wrong.stream().findFirst();
  }

  private void require(boolean holds, String what) {
    if (!holds) {
      wrong.add(what);
    }
  }

  private void fields(JsonNode node, String... known) {
    var names = Set.of(known);
    node.fieldNames()
        .forEachRemaining(
            name -> require(names.contains(name), "unknown field " + name + " in " + node));
  }

  private void text(String what, JsonNode text) {
    require(text.isTextual() && !text.asText().isEmpty(), what + " is text that is not empty");
  }

  private void card(JsonNode card, boolean below) {
    require(card.path("type").asText().equals("AdaptiveCard"), "an AdaptiveCard");
    require(card.path("version").asText().equals("1.5"), "a version that Teams knows");
    require(card.path("body").isArray(), "a body");
    card.path("body").forEach(this::element);
    require(card.path("actions").size() <= 6, "at most 6 actions");
    card.path("actions").forEach(action -> action(action, below));
  }

  private void element(JsonNode element) {
    switch (element.path("type").asText()) {
      case "TextBlock" -> {
        fields(element, "type", "text", "size", "weight", "wrap");
        text("a text block", element.path("text"));
        // It is read as Markdown, so nothing of an agent's may be in it.
        require(element.path("text").asText().matches("[A-Za-z ]+"), "our own words in Markdown");
      }
      case "RichTextBlock" -> {
        fields(element, "type", "inlines");
        require(element.path("inlines").size() > 0, "inlines");
        element
            .path("inlines")
            .forEach(run -> {
              fields(run, "type", "text", "weight", "size", "fontType");
              require(run.path("type").asText().equals("TextRun"), "a text run");
              text("a text run", run.path("text"));
            });
      }
      case "Container" -> {
        fields(element, "type", "items");
        require(element.path("items").isArray(), "items");
        element.path("items").forEach(this::element);
      }
      case "Input.Text" -> {
        fields(
            element,
            "type",
            "id",
            "label",
            "isMultiline",
            "maxLength",
            "isRequired",
            "errorMessage",
            "value");
        require(
            element.path("value").asText().length() <= element.path("maxLength").asInt(),
            "no more to begin with than there may be");
        text("id", element.path("id"));
        text("label", element.path("label"));
        require(ids.add(element.path("id").asText()), "an id twice");
        require(
            !element.path("isRequired").asBoolean() || element.has("errorMessage"),
            "what is required says so");
      }
      default -> wrong.add("unknown element " + element.path("type"));
    }
  }

  private void action(JsonNode action, boolean below) {
    switch (action.path("type").asText()) {
      case "Action.ShowCard" -> {
        fields(action, "type", "title", "card");
        require(!below, "no card within a card within a card");
        fields(action.path("card"), "type", "version", "body", "actions");
        card(action.path("card"), true);
      }
      case "Action.Execute" -> {
        fields(action, "type", "title", "verb", "style", "data");
        text("verb", action.path("verb"));
        require(action.path("data").isObject(), "data");
        require(
            Set.of("default", "positive", "destructive").contains(action.path("style").asText()),
            "style");
      }
      default -> wrong.add("unknown action " + action.path("type"));
    }
    text("title", action.path("title"));
  }
}
