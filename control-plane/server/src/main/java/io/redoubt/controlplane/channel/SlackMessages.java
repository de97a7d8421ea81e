package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.json.Json;

/**
 * What Slack is given to show, in its Block Kit and within its limits. Whatever comes from an agent
 * stands in plain text, where Slack sees neither links nor people to call.
 */
final class SlackMessages {
  static final String APPROVE = "redoubt_approve";
  static final String DENY = "redoubt_deny";
  static final String REASON = "reason";

  /** Names the message as a request's, for a process that does not know whether it was posted. */
  static final String EVENT = "redoubt_approval";

  private static final int MAX_HEADER = 150;
  private static final int MAX_ARGUMENTS = 2_800;

  private SlackMessages() {}

  /** The message of a request as it stands: blocks, and the text for notifications. */
  static ObjectNode message(String channel, Shown shown) {
    var view = shown.view();
    var blocks = Json.LENIENT.createArrayNode();
    String title = Words.title(view);
    ObjectNode header = block("header");
    header.set("text", plain(Visible.line(title + ": " + view.resource(), MAX_HEADER)));
    blocks.add(header);
    var fields = Json.LENIENT.createArrayNode();
    Words.facts(shown).forEach(fact -> fields.add(plain(fact.name() + "\n" + fact.value())));
    ObjectNode facts = block("section");
    facts.set("fields", fields);
    blocks.add(facts);
    arguments(blocks, shown);
    Words.votes(shown).forEach(line -> context(blocks, line));
    Words.related(view).ifPresent(line -> context(blocks, line));
    if (view.status() == ApprovalStatus.PENDING) {
      blocks.add(buttons(view));
    }
    ObjectNode message = Json.LENIENT.createObjectNode();
    message.put("channel", channel);
    message.put("text", mrkdwn(Visible.line(title + ": " + view.resource(), Words.MAX_LINE)));
    message.set("blocks", blocks);
    message.put("unfurl_links", false).put("unfurl_media", false);
    message
        .putObject("metadata")
        .put("event_type", EVENT)
        .putObject("event_payload")
        .put("approval_id", view.id().toString());
    return message;
  }

  private static void arguments(ArrayNode blocks, Shown shown) {
    if (shown.view().status() != ApprovalStatus.PENDING) {
      return;
    }
    String text = shown.arguments();
    if (text != null) {
      String visible = Visible.of(text);
      ObjectNode preformatted = Json.LENIENT.createObjectNode();
      preformatted.put("type", "rich_text_preformatted");
      preformatted
          .putArray("elements")
          .addObject()
          .put("type", "text")
          .put("text", Visible.cut(visible, MAX_ARGUMENTS));
      ObjectNode rich = block("rich_text");
      rich.putArray("elements").add(preformatted);
      blocks.add(rich);
      if (visible.length() > MAX_ARGUMENTS) {
        context(blocks, "This is not all of the arguments.");
      }
    }
    context(blocks, Words.exactArguments(shown.view().id()));
  }

  private static ObjectNode buttons(ApprovalView view) {
    ObjectNode approve = button(APPROVE, "Approve", "primary", view.id());
    ObjectNode confirm = approve.putObject("confirm");
    confirm.set("title", plain("Approve this call?"));
    confirm.set(
        "text",
        plain(
            Visible.line(
                "It goes out exactly as it is shown by redoubt approvals show " + view.id(), 300)));
    confirm.set("confirm", plain("Approve"));
    confirm.set("deny", plain("Not yet"));
    ObjectNode actions = block("actions");
    actions.put("block_id", "redoubt_decision");
    actions.putArray("elements").add(approve).add(button(DENY, "Deny…", "danger", view.id()));
    return actions;
  }

  private static ObjectNode button(String action, String text, String style, ApprovalId value) {
    ObjectNode button = block("button");
    button.put("action_id", action);
    button.set("text", plain(text));
    return button.put("style", style).put("value", value.toString());
  }

  /** What asks for the reason of a denial. */
  static ObjectNode reasonModal(String trigger, ApprovalId id) {
    ObjectNode call = Json.LENIENT.createObjectNode().put("trigger_id", trigger);
    ObjectNode view = call.putObject("view");
    view.put("type", "modal").put("callback_id", DENY).put("private_metadata", id.toString());
    view.set("title", plain("Deny this call"));
    view.set("submit", plain("Deny"));
    view.set("close", plain("Not yet"));
    ObjectNode input = block("input");
    input.put("block_id", REASON);
    input.set("label", plain("Why?"));
    input
        .putObject("element")
        .put("type", "plain_text_input")
        .put("action_id", REASON)
        .put("min_length", 1)
        .put("max_length", Words.MAX_REASON);
    view.putArray("blocks").add(input);
    return call;
  }

  /** The same message, to be shown in the place of an earlier one. */
  static ObjectNode update(ObjectNode message, String channel, String ts) {
    ObjectNode update = message.deepCopy();
    update.remove("unfurl_links");
    update.remove("unfurl_media");
    return update.put("channel", channel).put("ts", ts);
  }

  /** A line below the message. */
  static ObjectNode reply(String channel, String thread, String text) {
    return Json.LENIENT
        .createObjectNode()
        .put("channel", channel)
        .put("thread_ts", thread)
        .put("text", text)
        .put("mrkdwn", false)
        .put("unfurl_links", false)
        .put("unfurl_media", false);
  }

  /** A word to one person. */
  static ObjectNode whisper(String channel, String user, String text) {
    return Json.LENIENT
        .createObjectNode()
        .put("channel", channel)
        .put("user", user)
        .put("text", mrkdwn(Visible.line(text, Words.MAX_REASON)));
  }

  /** Text where Slack reads markup: the three characters that begin any are written out. */
  static String mrkdwn(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private static void context(ArrayNode blocks, String text) {
    ObjectNode context = block("context");
    context.putArray("elements").add(plain(Words.line(text)));
    blocks.add(context);
  }

  private static ObjectNode block(String type) {
    return Json.LENIENT.createObjectNode().put("type", type);
  }

  private static ObjectNode plain(String text) {
    return Json.LENIENT
        .createObjectNode()
        .put("type", "plain_text")
        .put("text", text)
        .put("emoji", false);
  }
}
