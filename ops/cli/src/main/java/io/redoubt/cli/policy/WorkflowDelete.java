package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Takes a workflow out of the draft. */
@Command(name = "delete", description = "Delete a workflow of the draft.")
final class WorkflowDelete implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "Which one.")
  String name = "";

  private final Session session;

  WorkflowDelete(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer = session.operator().delete(WorkflowCommand.path(name));
    session
        .output()
        .say(answer, "Workflow " + name + " is out of the draft. It is asked until you publish.");
    return 0;
  }
}
