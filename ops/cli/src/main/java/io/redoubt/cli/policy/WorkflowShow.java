package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows a workflow. */
@Command(name = "show", description = "Show a workflow of the draft.")
final class WorkflowShow implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "Which one.")
  String name = "";

  private final Session session;

  WorkflowShow(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode workflow = session.operator().get(WorkflowCommand.path(name));
    session.output().show(workflow, () -> Table.fields(workflow));
    return 0;
  }
}
