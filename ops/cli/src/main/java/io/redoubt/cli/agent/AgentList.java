package io.redoubt.cli.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists agents. */
@Command(name = "list", description = "List agents.")
final class AgentList implements Callable<Integer> {
  @Option(names = "--status", paramLabel = "STATUS", description = "Only those in this status.")
  @Nullable String status;

  @Option(names = "--label", paramLabel = "KEY=VALUE", description = "Only those with this label.")
  @Nullable String label;

  @Option(names = "--all", description = "Deleted ones too.")
  boolean all;

  private final Session session;

  AgentList(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<JsonNode> agents =
        session
            .operator()
            .list(
                Query.of(AgentDirectory.PATH)
                    .with("status", status)
                    .with("label", label == null ? null : Label.parse(label).filter())
                    .with("include_deleted", all ? "true" : null)
                    .toString(),
                0);
    session
        .output()
        .list(agents, () -> Table.of(agents, "id", "name", "status", "owner", "last_seen_at"));
    return 0;
  }
}
