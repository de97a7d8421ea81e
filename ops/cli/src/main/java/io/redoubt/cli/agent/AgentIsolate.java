package io.redoubt.cli.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.Session;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The kill switch. */
@Command(
    name = "isolate",
    description = "Stop an agent now: nothing more is permitted, open streams are cut.")
final class AgentIsolate implements Callable<Integer> {
  @Parameters(paramLabel = "AGENT", description = "Name or id.")
  String agent = "";

  @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the audit log.")
  String reason = "by the command line";

  private final Session session;

  AgentIsolate(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    String path = new AgentDirectory(session.operator()).pathOf(agent);
    JsonNode answer;
    try (var progress = session.progress()) {
      progress.say("Waiting for every node to acknowledge");
      answer = session.operator().post(path + "/isolate", Map.of("reason", reason));
    }
    return new Acknowledgements(session).show(answer, "Isolated");
  }
}
