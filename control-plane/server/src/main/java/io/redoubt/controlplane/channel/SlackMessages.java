package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.text.PlainText;
import java.util.List;

/**
 * What Slack is given to show, in its Block Kit and within its limits. Whatever comes from an agent
 * stands in plain text, where Slack sees neither links nor people to call.
 */
final class SlackMessages {
  static final String APPROVE = "redoubt_approve";
  static final String DENY = "redoubt_deny";
  static final String EDIT = "redoubt_edit";
  static final String REASON = "reason";
  static final String ARGUMENTS = "arguments";

  /** Names the message as a request's, for a process that does not know whether it was posted. */
  static final String EVENT = "redoubt_approval";

  private static final int MAX_HEADER = 150;
  private static final int MAX_ARGUMENTS = 2_800;
  private static final int MAX_CLAUSES = 1_500;

  private SlackMessages() {}

  /** The message of a request as it stands: blocks, and the text for notifications. */
  static ObjectNode message(String channel, Shown shown) {
    var view = shown.view();
    var blocks = Json.LENIENT.createArrayNode();
    String title = Words.title(view);
    ObjectNode header = block("header");
    header.set("text", plain(Visible.line(title + ": " + view.target(), MAX_HEADER)));
    blocks.add(header);
    var fields = Json.LENIENT.createArrayNode();
    Words.facts(shown).forEach(fact -> fields.add(plain(fact.name() + "\n" + fact.value())));
    ObjectNode facts = block("section");
    facts.set("fields", fields);
    blocks.add(facts);
    if (view.status() == ApprovalStatus.PENDING) {
      Words.clauses(view)
          .ifPresent(text -> preformatted(blocks, text, MAX_CLAUSES, Words.notAllClauses(view)));
      arguments(blocks, shown);
    }
    Words.votes(shown).forEach(line -> context(blocks, line));
    Words.others(shown).forEach(line -> context(blocks, line));
    if (view.status() == ApprovalStatus.PENDING) {
      blocks.add(buttons(shown));
    }
    ObjectNode message = Json.LENIENT.createObjectNode();
    message.put("channel", channel);
    message.put("text", mrkdwn(Visible.line(title + ": " + view.target(), Words.MAX_LINE)));
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
    String text = shown.arguments();
    if (text != null) {
      preformatted(blocks, Visible.of(text), MAX_ARGUMENTS, Words.notAll(shown.view()));
    }
    context(blocks, Words.exactArguments(shown.view()));
  }

  private static void preformatted(ArrayNode blocks, String visible, int most, String notAll) {
    ObjectNode preformatted = Json.LENIENT.createObjectNode();
    preformatted.put("type", "rich_text_preformatted");
    preformatted
        .putArray("elements")
        .addObject()
        .put("type", "text")
        .put("text", PlainText.cut(visible, most));
    ObjectNode rich = block("rich_text");
    rich.putArray("elements").add(preformatted);
    blocks.add(rich);
    if (visible.length() > most) {
      context(blocks, notAll);
    }
  }

  private static ObjectNode buttons(Shown shown) {
    var view = shown.view();
    ObjectNode actions = block("actions");
    actions.put("block_id", "redoubt_decision");
    var elements = actions.putArray("elements");
    // Nobody approves what they cannot have read where they are.
    if (!view.argumentsWithheld()) {
      elements.add(approve(view));
    }
    elements.add(button(DENY, "Deny…", view.id()).put("style", "danger"));
    if (shown.toChange().isPresent()) {
      elements.add(button(EDIT, "Change…", view.id()));
    }
    return actions;
  }

  private static ObjectNode approve(ApprovalView view) {
    ObjectNode approve = button(APPROVE, "Approve", view.id()).put("style", "primary");
    ObjectNode confirm = approve.putObject("confirm");
    confirm.set("title", plain("Approve this call?"));
    confirm.set(
        "text",
        plain(
            Visible.line(
                "It goes out exactly as it is shown by redoubt approvals show "
                    + view.id()
                    + (view.prompt() == null ? "" : " --at-enclave"),
                300)));
    confirm.set("confirm", plain("Approve"));
    confirm.set("deny", plain("Not yet"));
    return approve;
  }

  private static ObjectNode button(String action, String text, ApprovalId value) {
    ObjectNode button = block("button");
    button.put("action_id", action);
    button.set("text", plain(text));
    return button.put("value", value.toString());
  }

  /** What asks for the reason of a denial. */
  static ObjectNode reasonModal(String trigger, ApprovalId id) {
    var why = input(REASON, "Why?", Words.MAX_REASON);
    field(why).put("min_length", 1);
    return modal(trigger, DENY, id, "Deny this call", "Deny", why);
  }

  /** What asks for other arguments. */
  static ObjectNode changeModal(String trigger, ApprovalId id, String arguments) {
    var changed = input(ARGUMENTS, "Approve it with these arguments instead", Words.MAX_TYPED);
    field(changed).put("multiline", true).put("initial_value", arguments);
    var why = input(REASON, "Why?", Words.MAX_REASON).put("optional", true);
    return modal(trigger, EDIT, id, "Change this call", "Approve changed", changed, why);
  }

  private static ObjectNode modal(
      String trigger,
      String callback,
      ApprovalId id,
      String title,
      String submit,
      ObjectNode... inputs) {
    ObjectNode call = Json.LENIENT.createObjectNode().put("trigger_id", trigger);
    ObjectNode view = call.putObject("view");
    view.put("type", "modal").put("callback_id", callback).put("private_metadata", id.toString());
    view.set("title", plain(title));
    view.set("submit", plain(submit));
    view.set("close", plain("Not yet"));
    view.putArray("blocks").addAll(List.of(inputs));
    return call;
  }

  /** A field, in a block that is called like it. */
  private static ObjectNode input(String name, String label, int most) {
    ObjectNode input = block("input");
    input.put("block_id", name);
    input.set("label", plain(label));
    input
        .putObject("element")
        .put("type", "plain_text_input")
        .put("action_id", name)
        .put("max_length", most);
    return input;
  }

  private static ObjectNode field(ObjectNode input) {
    return input.withObject("element");
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
