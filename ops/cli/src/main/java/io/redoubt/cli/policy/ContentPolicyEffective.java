package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows what holds when every layer has spoken, and which one says so. */
@Command(
    name = "effective",
    description = "Show what holds when every layer has spoken, and where each part comes from.")
final class ContentPolicyEffective implements Callable<Integer> {
  @Option(names = "--agent", paramLabel = "ID", description = "For this agent.")
  @Nullable String agent;

  @Option(names = "--draft", description = "By the draft, and not by what decides now.")
  boolean draft;

  @Option(names = "--all", description = "Also what nobody speaks of.")
  boolean all;

  private final Session session;

  ContentPolicyEffective(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var query = Query.of(ContentPolicyCommand.PATH + "/effective");
    if (agent != null) {
      query = query.with("agent_id", agent);
    }
    if (draft) {
      query = query.with("draft", "true");
    }
    JsonNode effective = session.operator().get(query.toString());
    if (session.output().isJson()) {
      session.output().json(effective);
      return 0;
    }
    List<JsonNode> parts = new ArrayList<>();
    effective
        .path("parts")
        .forEach(part -> {
          if (all || !part.path("origin").isNull()) {
            parts.add(part);
          }
        });
    session
        .output()
        .list(
            parts, () -> Table.of(parts, "detector", "direction", "action", "origin", "overruled"));
    List<JsonNode> models = new ArrayList<>();
    effective.path("models").forEach(models::add);
    if (!models.isEmpty()) {
      session.output().line("");
      session.output().list(models, () -> Table.of(models, "scope", "allow", "block"));
    }
    return 0;
  }
}
