package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.api.OperatorApi;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.json.Json;
import java.util.ArrayList;
import java.util.List;

/** What the draft of the policies says to one action that nobody has taken. */
public final class DryRun {
  private final JsonNode tested;
  private final JsonNode decision;
  private final List<JsonNode> asked;

  private DryRun(JsonNode tested, JsonNode decision, List<JsonNode> asked) {
    this.tested = tested;
    this.decision = decision;
    this.asked = asked;
  }

  /**
   * Asks the draft.
   *
   * @param action as {@code POST /api/v1/policies/test} has it among its requests
   */
  public static DryRun of(OperatorApi operator, ObjectNode action) {
    ObjectNode body = Json.LENIENT.createObjectNode();
    body.putArray("requests").add(action);
    JsonNode tested = operator.post(PolicyCommand.POLICIES + "/test", body);
    JsonNode decision = tested.path("decisions").path(0);
    return new DryRun(tested, decision, asked(operator, decision.path("workflows")));
  }

  /** The workflows of these names; one that nobody has defined is the usual one. */
  private static List<JsonNode> asked(OperatorApi operator, JsonNode names) {
    var asked = new ArrayList<JsonNode>();
    if (!names.isEmpty()) {
      var defined = operator.list(WorkflowCommand.PATH, 0);
      for (JsonNode name : names) {
        asked.add(
            defined.stream()
                .filter(each -> name.equals(each.path("name")))
                .findFirst()
                .orElseGet(() -> Json.LENIENT.valueToTree(ApprovalWorkflow.usual(name.asText()))));
      }
    }
    return asked;
  }

  /** What the shell is told: who would wait for an approval is not denied. */
  public ExitCode exitCode() {
    if (!tested.path("valid").asBoolean()) {
      return ExitCode.FAILED;
    }
    return switch (decision.path("verdict").asText()) {
      case "permit", "escalate" -> ExitCode.DONE;
      default -> ExitCode.DENIED;
    };
  }

  /** For programs. */
  public ObjectNode document() {
    ObjectNode document = tested.deepCopy();
    document.remove("decisions");
    document.set("decision", decision.isObject() ? decision : null);
    document.putArray("asked").addAll(asked);
    return document;
  }

  /** For people. */
  public void show(Session session) {
    if (!tested.path("valid").asBoolean()) {
      tested.path("problems").forEach(problem -> session.output().line(Problems.line(problem)));
      return;
    }
    tested.path("warnings").forEach(it -> session.remark(Table.printable(it.asText())));
    line(session, "The draft of the policies says " + said(decision) + ".");
    if (decision.path("shadow").isObject()) {
      line(session, "With the policies in shadow: " + said(decision.path("shadow")) + ".");
    }
    decision.path("errors").forEach(it -> line(session, "error: " + it.asText()));
    for (JsonNode alert : decision.path("alerts")) {
      line(
          session,
          "alert: %s (%s)".formatted(Table.text(alert, "text"), Table.text(alert, "policy_id")));
    }
    if (!asked.isEmpty()) {
      session.output().line("");
      session.output().show(decision, this::tiers);
    }
  }

  private static String said(JsonNode decision) {
    String verdict = Table.text(decision, "verdict");
    return decision.path("policy_ids").isEmpty()
        ? verdict + (verdict.equals("deny") ? ", since nothing permits it" : "")
        : verdict + ", by " + Table.text(decision, "policy_ids");
  }

  private Table tiers() {
    var table = new Table("workflow", "tier", "asks", "quorum", "seconds", "then");
    for (JsonNode workflow : asked) {
      int number = 0;
      for (JsonNode tier : workflow.path("tiers")) {
        number++;
        table.row(
            Table.text(workflow, "name"),
            Integer.toString(number),
            whom(tier),
            Table.text(tier, "quorum"),
            Table.text(tier, "timeout_seconds"),
            Table.text(tier, "on_timeout"));
      }
    }
    return table;
  }

  private static String whom(JsonNode tier) {
    if (tier.path("model").isTextual()) {
      return "model " + Table.text(tier, "model") + " of " + Table.text(tier, "provider");
    }
    String people =
        tier.path("approvers").isEmpty()
            ? "whoever has approvals:decide"
            : Table.text(tier, "approvers");
    return tier.path("exclude_owner").asBoolean() ? people + ", not the agent's owner" : people;
  }

  private static void line(Session session, String text) {
    session.output().line(Table.printable(text));
  }
}
