package io.redoubt.cli.agent;

import io.redoubt.cli.api.OperatorApi;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.session.Session;
import picocli.CommandLine.Option;

/** Where the kill switch is thrown: at the control plane, or at an enclave itself. */
final class KillSwitch {
  private static final String AT_ENCLAVE = "/v1/operator/agents/";

  @Option(
      names = "--at-enclave",
      description = {
        "Ask the enclave itself, at --enclave-url: for the time when the control plane is away.",
        "AGENT is an id then, and the client must be one that may break the glass."
      })
  boolean atEnclave;

  OperatorApi api(Session session) {
    return atEnclave ? session.breakGlass() : session.operator();
  }

  /** The path of one agent; only the control plane knows agents by their names. */
  String pathOf(Session session, String agent) {
    if (!atEnclave) {
      return new AgentDirectory(session.operator()).pathOf(agent);
    }
    if (!agent.startsWith("agt_")) {
      throw CommandFailure.usage(
          "An enclave knows agents by their ids, agt_…, and not by a name such as " + agent + ".");
    }
    return AT_ENCLAVE + Query.encode(agent);
  }
}
