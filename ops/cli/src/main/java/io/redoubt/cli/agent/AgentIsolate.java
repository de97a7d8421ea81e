package io.redoubt.cli.agent;

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
    return new Acknowledgements(session)
        .order(
            agent,
            "Waiting for every node to acknowledge",
            "Isolated",
            path -> session.operator().post(path + "/isolate", Map.of("reason", reason)));
  }
}
