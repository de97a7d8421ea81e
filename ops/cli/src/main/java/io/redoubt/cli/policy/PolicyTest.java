package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.InputFile;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.json.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Tries the draft, or files in its place, without changing anything. */
@Command(
    name = "test",
    description = {
      "Check whether the draft could be published, and what it would say to requests.",
      "Changes nothing. The exit code is 1 where the policies are not valid."
    })
final class PolicyTest implements Callable<Integer> {
  @Option(
      names = "--policy",
      paramLabel = "NAME=FILE",
      description = "Try these documents in place of the draft; may be repeated.")
  @Nullable Map<String, Path> policies;

  @Option(
      names = "--requests",
      paramLabel = "FILE",
      description = {
        "JSON array of requests: agent_id, action, resource, and what else is known of the call.",
        "- is standard input."
      })
  @Nullable Path requests;

  private final Session session;

  PolicyTest(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    ObjectNode body = Json.LENIENT.createObjectNode();
    if (policies != null) {
      var texts = body.putArray("policies");
      policies.forEach((name, file) ->
          texts.addObject().put("name", name).put("cedar", InputFile.read(session, file)));
    }
    @Nullable JsonNode asked = requests == null ? null : InputFile.readJson(session, requests);
    if (asked != null) {
      body.set("requests", asked);
    }
    JsonNode tested = session.operator().post(PolicyCommand.POLICIES + "/test", body);
    if (session.output().isJson()) {
      session.output().json(tested);
    } else {
      show(tested, asked);
    }
    return tested.path("valid").asBoolean() ? 0 : ExitCode.FAILED.number();
  }

  private void show(JsonNode tested, @Nullable JsonNode asked) {
    if (!tested.path("valid").asBoolean()) {
      tested.path("problems").forEach(problem -> session.output().line(Problems.line(problem)));
      return;
    }
    tested.path("warnings").forEach(it -> session.remark(Table.printable(it.asText())));
    if (asked == null || asked.isEmpty()) {
      session.output().line("The policies are valid.");
      return;
    }
    List<JsonNode> rows = new ArrayList<>();
    for (int i = 0; i < tested.path("decisions").size(); i++) {
      ObjectNode row = tested.path("decisions").get(i).deepCopy();
      row.set("action", asked.path(i).path("action"));
      row.set("resource", asked.path(i).path("resource"));
      rows.add(row);
    }
    session
        .output()
        .show(
            tested,
            () ->
                Table.of(
                    rows, "action", "resource", "verdict", "policy_ids", "workflows", "errors"));
  }
}
