package io.redoubt.cli.connector;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Removes a connector and its secret. */
@Command(name = "delete", description = "Remove a connector and its secret.")
final class ConnectorDelete implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "Which one.")
  String name = "";

  private final Session session;

  ConnectorDelete(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer = session.operator().delete(ConnectorCommand.path(name));
    session.output().say(answer, "Connector " + name + " is gone.");
    return 0;
  }
}
