package io.redoubt.cli.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.function.Function;

/** Orders of the kill switch: shows the proof that came back (G3), or that there is none yet. */
final class Acknowledgements {
  private final Session session;

  Acknowledgements(Session session) {
    this.session = session;
  }

  /**
   * Gives an order about an agent, and says what came of it.
   *
   * @param agent its name or id
   * @param waiting what is said while there is no answer yet
   * @param order gives it, by the path of the agent
   * @return the exit code: an order that is only queued has not done what was asked
   */
  int order(String agent, String waiting, String done, Function<String, JsonNode> order) {
    return orderAt(new AgentDirectory(session.operator()).pathOf(agent), waiting, done, order);
  }

  /** The same for an agent whose path is known. */
  int orderAt(String path, String waiting, String done, Function<String, JsonNode> order) {
    JsonNode answer;
    try (var progress = session.progress()) {
      progress.say(waiting);
      answer = order.apply(path);
    }
    return show(answer, done);
  }

  private int show(JsonNode answer, String done) {
    if (answer.path("pending").asBoolean()) {
      session.output().say(answer, "Queued: nothing is confirmed yet.");
      session.remark(
          "the enclave is unreachable from the control plane. The command runs as soon as it is"
              + " back; to act now, ask the enclave itself: `redoubt agent isolate`, `release`,"
              + " `revoke` and `revoke-token` take --at-enclave.");
      return ExitCode.UNREACHABLE.number();
    }
    if (session.output().isJson()) {
      session.output().json(answer);
      return 0;
    }
    session.output().line(done + " at " + Table.text(answer, "acknowledged_at") + ".");
    if (answer.path("nodes").isArray() && !answer.path("nodes").isEmpty()) {
      session
          .output()
          .show(answer, () -> Table.of(answer.path("nodes"), "node", "how", "streams_cut", "at"));
    }
    for (JsonNode node : answer.path("nodes")) {
      if ("unconfirmed".equals(node.path("how").asText())) {
        session.remark(
            "node "
                + Table.text(node, "node")
                + " did not answer: it permits nothing new, but a stream it holds may still run.");
      }
    }
    return 0;
  }
}
