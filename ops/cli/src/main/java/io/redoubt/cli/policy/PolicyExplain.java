package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.output.Output;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Explains a decision from its record. */
@Command(
    name = "explain",
    description = "Say why an action went the way it did, from its audit record alone.")
final class PolicyExplain implements Callable<Integer> {
  private static final String[] WHAT = {
    "time", "agent_id", "owner", "plane", "operation", "connector", "resource", "verdict"
  };

  @Parameters(paramLabel = "ID", description = "Of the action (act_…) or of its record (aud_…).")
  String id = "";

  private final Session session;

  PolicyExplain(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer = session.operator().get("/api/v1/audit/" + Query.encode(id) + "/explanation");
    if (session.output().isJson()) {
      session.output().json(answer);
    } else {
      show(answer);
    }
    return 0;
  }

  private void show(JsonNode answer) {
    line(answer.path("summary").asText());
    line("");
    JsonNode record = answer.path("record");
    for (String field : WHAT) {
      line("%-14s %s".formatted(field.replace('_', ' '), Table.text(record, field)));
    }
    line("%-14s %s%s".formatted("outcome", Table.text(record, "outcome.status"), error(record)));
    answer.path("reasons").forEach(it -> line("%-14s %s".formatted("why", it.asText())));
    if (record.path("approval_id").isTextual()) {
      line("%-14s %s".formatted("approval", Table.text(record, "approval_id")));
    }
    line("%-14s %s".formatted("policies", version(answer)));
    line("%-14s %s%s".formatted("risk", Table.text(record, "risk_score"), risk(answer)));
    line("%-14s %s".formatted("findings", Table.text(record, "findings")));
    if (record.path("tools").isObject()) {
      line("%-14s %s".formatted("tools", told(record.path("tools"), "names")));
      line("%-14s %s".formatted("at provider", told(record.path("tools"), "provider")));
    }
    line("%-14s %s".formatted("inspected", Table.text(record, "coverage.inspected")));
    for (JsonNode act : record.at("/coverage/acted")) {
      line(
          "%-14s %s: %s (%s)"
              .formatted(
                  "acted",
                  Table.text(act, "finding"),
                  Table.text(act, "action"),
                  Table.text(act, "by")));
    }
    for (JsonNode gap : record.at("/coverage/not_inspected")) {
      line(
          "%-14s %s: %s"
              .formatted("not inspected", Table.text(gap, "what"), Table.text(gap, "why")));
    }
    answer.path("workflows").forEach(it -> line("%-14s %s".formatted("asked", it.asText())));
    for (JsonNode alert : answer.path("alerts")) {
      line(
          "%-14s %s (%s)"
              .formatted("alert", Table.text(alert, "text"), Table.text(alert, "policy_id")));
    }
    answer.path("policies").forEach(policy -> show("", policy));
    if (answer.path("shadow").isObject()) {
      line("");
      line("With the policies in shadow it would be: " + Table.text(answer, "shadow.verdict"));
      answer.at("/shadow/policies").forEach(policy -> show("in shadow: ", policy));
    }
    answer.path("unknown").forEach(it -> session.remark("not known: " + printable(it.asText())));
  }

  private static String error(JsonNode record) {
    JsonNode error = record.at("/outcome/error");
    return error.isTextual() ? ": " + error.asText() : "";
  }

  private static String version(JsonNode answer) {
    return answer.path("bundle").isObject()
        ? "version %s, published %s by %s"
            .formatted(
                Table.text(answer, "bundle.version"),
                Table.text(answer, "bundle.published_at"),
                Table.text(answer, "bundle.published_by"))
        : Table.text(answer, "record.bundle_version");
  }

  private static String told(JsonNode tools, String field) {
    return tools.path(field).isNull() ? "not known" : Table.text(tools, field);
  }

  private static String risk(JsonNode answer) {
    var parts = new StringBuilder();
    for (JsonNode part : answer.path("risk")) {
      parts
          .append(parts.isEmpty() ? " = " : " + ")
          .append(Table.text(part, "name"))
          .append(' ')
          .append(Table.text(part, "points"));
    }
    return parts.toString();
  }

  private void show(String before, JsonNode policy) {
    line("");
    line(before + Table.text(policy, "id") + ":");
    TextLines.of(policy.path("text").asText("")).forEach(it -> line("    " + it));
  }

  private void line(String text) {
    Output output = session.output();
    output.line(printable(text));
  }

  private static String printable(String text) {
    return TextLines.printable(text);
  }
}
