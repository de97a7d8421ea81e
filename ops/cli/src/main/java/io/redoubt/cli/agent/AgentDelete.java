package io.redoubt.cli.agent;

import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Decommissions an agent. */
@Command(name = "delete", description = "End an agent for ever; its record stays.")
final class AgentDelete implements Callable<Integer> {
  @Parameters(paramLabel = "AGENT", description = "Name or id.")
  String agent = "";

  private final Session session;

  AgentDelete(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    return new Acknowledgements(session)
        .order(
            agent,
            "Waiting for every node to acknowledge",
            "Deleted",
            path -> session.operator().delete(path));
  }
}
