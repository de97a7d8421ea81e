package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.json.Json;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Lists the content policies of the draft. */
@Command(name = "list", description = "List the content policies of the draft.")
final class ContentPolicyList implements Callable<Integer> {
  private final Session session;

  ContentPolicyList(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<JsonNode> all = session.operator().list(ContentPolicyCommand.PATH, 0);
    session
        .output()
        .list(
            all,
            () ->
                Table.of(
                    all.stream().map(ContentPolicyList::row).toList(),
                    "scope",
                    "rules",
                    "patterns",
                    "version",
                    "updated_by",
                    "updated_at"));
    return 0;
  }

  private static JsonNode row(JsonNode policy) {
    return Json.LENIENT
        .createObjectNode()
        .put("scope", policy.path("scope").asText())
        .put("rules", policy.path("rules").size())
        .put("patterns", policy.path("patterns").size())
        .put("version", policy.path("version").asLong())
        .put("updated_by", policy.path("updated_by").asText())
        .put("updated_at", policy.path("updated_at").asText());
  }
}
