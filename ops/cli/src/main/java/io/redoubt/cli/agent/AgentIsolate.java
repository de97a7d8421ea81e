package io.redoubt.cli.agent;

import io.redoubt.cli.session.Session;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The kill switch. */
@Command(
    name = "isolate",
    description = "Stop an agent now: nothing more is permitted, open streams are cut.")
final class AgentIsolate implements Callable<Integer> {
  @Mixin KillSwitch killSwitch = new KillSwitch();

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
        .orderAt(
            killSwitch.pathOf(session, agent),
            "Waiting for every node to acknowledge",
            "Isolated",
            path -> killSwitch.api(session).post(path + "/isolate", Map.of("reason", reason)));
  }
}
