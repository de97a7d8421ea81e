package io.redoubt.cli.agent;

import io.redoubt.cli.session.Session;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Ends one access token of an agent. */
@Command(
    name = "revoke-token",
    description = "End one access token of an agent, and what runs on it; the agent goes on.")
final class AgentRevokeToken implements Callable<Integer> {
  @Mixin KillSwitch killSwitch = new KillSwitch();

  @Parameters(index = "0", paramLabel = "AGENT", description = "Name or id.")
  String agent = "";

  @Parameters(
      index = "1",
      paramLabel = "JTI",
      description = "The token's jti claim, jti_…: its id, and no secret.")
  String jti = "";

  @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the audit log.")
  String reason = "by the command line";

  private final Session session;

  AgentRevokeToken(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    return new Acknowledgements(session)
        .orderAt(
            killSwitch.pathOf(session, agent),
            "Waiting for every node to acknowledge",
            "Token revoked",
            path ->
                killSwitch
                    .api(session)
                    .post(path + "/revoke-token", Map.of("jti", jti, "reason", reason)));
  }
}
