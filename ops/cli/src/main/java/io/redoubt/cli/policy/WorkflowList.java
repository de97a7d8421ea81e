package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Lists workflows. */
@Command(name = "list", description = "List the workflows of the draft.")
final class WorkflowList implements Callable<Integer> {
  private final Session session;

  WorkflowList(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<JsonNode> workflows = session.operator().list(WorkflowCommand.PATH, 0);
    session
        .output()
        .list(workflows, () -> Table.of(workflows, "name", "uses", "window_seconds", "updated_by"));
    return 0;
  }
}
