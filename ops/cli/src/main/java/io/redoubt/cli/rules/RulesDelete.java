package io.redoubt.cli.rules;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Takes a rule out of the draft. */
@Command(
    name = "delete",
    description = "Delete a rule of the draft. It decides until the next publication.")
final class RulesDelete implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "Which one.")
  String name = "";

  private final Session session;

  RulesDelete(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer = session.operator().delete(RulesCommand.path(name));
    session
        .output()
        .say(answer, "Rule " + name + " is out of the draft. It decides until you publish.");
    return 0;
  }
}
