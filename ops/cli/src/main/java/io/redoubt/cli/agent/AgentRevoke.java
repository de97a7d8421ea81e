package io.redoubt.cli.agent;

import io.redoubt.cli.session.Session;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Ends every identity of an agent. */
@Command(
    name = "revoke",
    description = "End every identity of an agent; only a new bootstrap token begins anew.")
final class AgentRevoke implements Callable<Integer> {
  @Mixin KillSwitch killSwitch = new KillSwitch();

  @Parameters(paramLabel = "AGENT", description = "Name or id.")
  String agent = "";

  @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the audit log.")
  String reason = "by the command line";

  private final Session session;

  AgentRevoke(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    return new Acknowledgements(session)
        .orderAt(
            killSwitch.pathOf(session, agent),
            "Waiting for every node to acknowledge",
            "Revoked",
            path -> killSwitch.api(session).post(path + "/revoke", Map.of("reason", reason)));
  }
}
