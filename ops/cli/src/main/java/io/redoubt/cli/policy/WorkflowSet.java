package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.InputFile;
import io.redoubt.cli.session.Session;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Makes or replaces a workflow. */
@Command(
    name = "set",
    description = {
      "Make or replace a workflow of the draft.",
      "It is asked once `redoubt policy publish` has published the draft."
    })
final class WorkflowSet implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "NAME", description = "What it is called.")
  String name = "";

  @Parameters(
      index = "1",
      paramLabel = "FILE",
      description = {
        "JSON: the tiers, and how often and how long a grant is good.",
        "- is standard input."
      })
  Path file = Path.of("-");

  private final Session session;

  WorkflowSet(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode workflow =
        session.operator().put(WorkflowCommand.path(name), InputFile.readJson(session, file));
    session
        .output()
        .say(
            workflow,
            "Workflow " + name + " is in the draft. Publish it with `redoubt policy publish`.");
    return 0;
  }
}
