package io.redoubt.cli.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows one agent. */
@Command(name = "show", description = "Show one agent.")
final class AgentShow implements Callable<Integer> {
  @Parameters(paramLabel = "AGENT", description = "Name or id.")
  String agent = "";

  private final Session session;

  AgentShow(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode found = new AgentDirectory(session.operator()).require(agent);
    session.output().show(found, () -> Table.fields(found));
    return 0;
  }
}
