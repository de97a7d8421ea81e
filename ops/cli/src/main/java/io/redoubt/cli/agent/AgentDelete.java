package io.redoubt.cli.agent;

import com.fasterxml.jackson.databind.JsonNode;
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
    String path = new AgentDirectory(session.operator()).pathOf(agent);
    JsonNode answer;
    try (var progress = session.progress()) {
      progress.say("Waiting for every node to acknowledge");
      answer = session.operator().delete(path);
    }
    return new Acknowledgements(session).show(answer, "Deleted");
  }
}
