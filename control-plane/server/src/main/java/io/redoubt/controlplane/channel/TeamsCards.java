package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.text.PlainText;

/**
 * What Teams is given to show: an Adaptive Card, within the size that Teams takes. Whatever comes
 * from an agent stands in text runs, in which Teams reads no Markdown, unlike in text blocks and
 * facts.
 */
final class TeamsCards {
  static final String APPROVE = "redoubt_approve";
  static final String DENY = "redoubt_deny";
  static final String EDIT = "redoubt_edit";
  static final String APPROVAL = "approval_id";
  static final String APPROVE_REASON = "redoubt_approve_reason";
  static final String DENY_REASON = "redoubt_deny_reason";
  static final String EDIT_REASON = "redoubt_edit_reason";
  static final String EDIT_ARGUMENTS = "redoubt_edit_arguments";

  /** Of a whole activity, which Teams counts in UTF-16: 28 KiB, the strictest of its limits. */
  static final int MAX_CHARACTERS = 28 * 1024 / 2;

  private static final int MOST_LINES = 100;

  /** What the JSON of a line takes besides its text, and more. */
  private static final int LINE_COSTS = 120;

  private static final int RESERVE = 200;

  private TeamsCards() {}

  /** A message that is nothing but text, and is read as nothing but text. */
  static ObjectNode text(String text) {
    return Json.LENIENT
        .createObjectNode()
        .put("type", "message")
        .put("textFormat", "plain")
        .put("text", text);
  }

  /**
   * The message of a request as it stands: a card alone, since Teams makes two messages of a card
   * with a text and names neither.
   */
  static ObjectNode activity(Shown shown) {
    var view = shown.view();
    ObjectNode activity = Json.LENIENT.createObjectNode().put("type", "message");
    activity.put("summary", Words.title(view) + ": " + view.id());
    ObjectNode card = card();
    activity
        .putArray("attachments")
        .addObject()
        .put("contentType", "application/vnd.microsoft.card.adaptive")
        .set("content", card);
    card.put("$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
    card.putObject("msteams").put("width", "Full");
    ArrayNode body = card.putArray("body");
    body.addObject()
        .put("type", "TextBlock")
        .put("text", Words.title(view))
        .put("size", "Large")
        .put("weight", "Bolder")
        .put("wrap", true);
    Words.facts(shown).forEach(fact -> fact(body, fact));
    ArrayNode clauses = container(body);
    ArrayNode arguments = container(body);
    boolean pending = view.status() == ApprovalStatus.PENDING;
    if (pending) {
      line(body, Words.exactArguments(view));
    }
    ArrayNode votes = container(body);
    Words.others(shown).forEach(other -> line(body, other));
    if (pending) {
      var actions = card.putArray("actions");
      actions(actions, view);
      shown
          .toChange()
          .filter(text -> room(activity) / 2 > cost(text))
          .ifPresent(text -> actions.add(change(view.id(), text)));
    }
    int room = room(activity);
    int forVotes = pending ? room / 2 : room;
    // The newest are worth more than the oldest.
    var said = Words.votes(shown).reversed();
    for (int i = 0; i < said.size() && forVotes > cost(said.get(i)); i++) {
      votes.insert(0, run(said.get(i)));
      forVotes -= cost(said.get(i));
    }
    String text = shown.arguments();
    if (pending && text != null) {
      lines(arguments, Visible.of(text), Words.notAll(view), room(activity));
    }
    if (pending) {
      Words.clauses(view)
          .ifPresent(each -> lines(clauses, each, Words.notAllClauses(view), room(activity)));
    }
    return activity;
  }

  private static int room(ObjectNode activity) {
    return MAX_CHARACTERS - RESERVE - activity.toString().length();
  }

  /** JSON writes quotes and backslashes with one more each. */
  private static int cost(String line) {
    return LINE_COSTS
        + line.length()
        + (int) line.chars().filter(c -> c == '"' || c == '\\').count();
  }

  private static void lines(ArrayNode lines, String visible, String notAll, int room) {
    int left = room;
    int count = 0;
    for (String line : visible.split("\n", -1)) {
      String shown = indented(line);
      if (count == MOST_LINES || left < LINE_COSTS + 2) {
        lines.add(run(notAll));
        return;
      }
      if (cost(shown) > left) {
        lines.add(monospaced(PlainText.cut(shown, (left - LINE_COSTS) / 2)));
        lines.add(run(notAll));
        return;
      }
      lines.add(monospaced(shown));
      left -= cost(shown);
      count++;
    }
  }

  /** With spaces that stay where they are. */
  private static String indented(String line) {
    int spaces = 0;
    while (spaces < line.length() && line.charAt(spaces) == ' ') {
      spaces++;
    }
    return "\u00a0".repeat(spaces) + line.substring(spaces);
  }

  private static void actions(ArrayNode actions, ApprovalView view) {
    // Nobody approves what they cannot have read where they are.
    if (!view.argumentsWithheld()) {
      ObjectNode approve = input(APPROVE_REASON, "Why? May be left out.").put("isRequired", false);
      actions.add(asked("Approve…", approve, execute(APPROVE, "Approve", "positive", view.id())));
    }
    ObjectNode deny =
        input(DENY_REASON, "Why?")
            .put("isRequired", true)
            .put("errorMessage", "A denial needs a reason.");
    actions.add(asked("Deny…", deny, execute(DENY, "Deny", "destructive", view.id())));
  }

  /** With all of the arguments to begin with, in a field that reads no Markdown either. */
  private static ObjectNode change(ApprovalId id, String arguments) {
    ObjectNode changed =
        input(EDIT_ARGUMENTS, "Approve it with these arguments instead")
            .put("isMultiline", true)
            .put("maxLength", Words.MAX_TYPED)
            .put("value", arguments)
            .put("isRequired", true)
            .put("errorMessage", "A JSON object.");
    ObjectNode why = input(EDIT_REASON, "Why? May be left out.").put("isRequired", false);
    var action = asked("Change…", changed, execute(EDIT, "Approve changed", "positive", id));
    action.withObject("card").withArray("body").add(why);
    return action;
  }

  /** Opens below the button, so that nothing is decided by one slip of a finger. */
  private static ObjectNode asked(String title, ObjectNode input, ObjectNode execute) {
    ObjectNode action =
        Json.LENIENT.createObjectNode().put("type", "Action.ShowCard").put("title", title);
    ObjectNode card = card();
    card.putArray("body").add(input);
    card.putArray("actions").add(execute);
    action.set("card", card);
    return action;
  }

  private static ObjectNode input(String id, String label) {
    return Json.LENIENT
        .createObjectNode()
        .put("type", "Input.Text")
        .put("id", id)
        .put("label", label)
        .put("isMultiline", false)
        .put("maxLength", Words.MAX_REASON);
  }

  private static ObjectNode execute(String verb, String title, String style, ApprovalId id) {
    ObjectNode action =
        Json.LENIENT
            .createObjectNode()
            .put("type", "Action.Execute")
            .put("title", title)
            .put("verb", verb)
            .put("style", style);
    action.putObject("data").put(APPROVAL, id.toString());
    return action;
  }

  private static ObjectNode card() {
    return Json.LENIENT.createObjectNode().put("type", "AdaptiveCard").put("version", "1.5");
  }

  private static ArrayNode container(ArrayNode body) {
    return body.addObject().put("type", "Container").putArray("items");
  }

  private static void fact(ArrayNode body, Words.Fact fact) {
    ObjectNode block = block();
    block
        .putArray("inlines")
        .add(text(fact.name() + ": ", "weight", "Bolder"))
        .add(Json.LENIENT.createObjectNode().put("type", "TextRun").put("text", fact.value()));
    body.add(block);
  }

  private static void line(ArrayNode body, String line) {
    body.add(run(line));
  }

  private static ObjectNode run(String line) {
    return run(text(line, "size", "Small"));
  }

  private static ObjectNode monospaced(String line) {
    // An empty run is refused, and an empty line is still one.
    return run(text(line.isEmpty() ? "\u00a0" : line, "fontType", "Monospace"));
  }

  private static ObjectNode run(ObjectNode text) {
    ObjectNode block = block();
    block.putArray("inlines").add(text);
    return block;
  }

  private static ObjectNode block() {
    return Json.LENIENT.createObjectNode().put("type", "RichTextBlock");
  }

  private static ObjectNode text(String text, String how, String value) {
    return Json.LENIENT.createObjectNode().put("type", "TextRun").put("text", text).put(how, value);
  }
}
