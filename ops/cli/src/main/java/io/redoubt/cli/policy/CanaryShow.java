package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows a canary. */
@Command(name = "show", description = "Show a canary of the draft.")
final class CanaryShow implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "Which one.")
  String name = "";

  private final Session session;

  CanaryShow(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode canary = session.operator().get(CanaryCommand.path(name));
    session.output().show(canary, () -> Table.fields(canary));
    return 0;
  }
}
