package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Takes a canary out of the draft. */
@Command(name = "delete", description = "Delete a canary of the draft.")
final class CanaryDelete implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "Which one.")
  String name = "";

  private final Session session;

  CanaryDelete(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer = session.operator().delete(CanaryCommand.path(name));
    session.output().say(answer, "Canary " + name + " is out of the draft.");
    return 0;
  }
}
