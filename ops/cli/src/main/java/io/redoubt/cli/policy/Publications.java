package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.Map;

/** Shows where a publication has come to. */
final class Publications {
  private final Session session;

  Publications(Session session) {
    this.session = session;
  }

  /**
   * Publishes, waits for the nodes, and says what happened.
   *
   * @return the exit code: what some node does not run yet is not done
   */
  int publish(Map<String, Object> what) {
    JsonNode answer;
    try (var progress = session.progress()) {
      progress.say("Waiting for every node to decide by it");
      answer = session.operator().post(PolicyCommand.BUNDLES, what);
    }
    return show(answer);
  }

  private int show(JsonNode answer) {
    boolean pending = answer.path("pending").asBoolean();
    String version = Table.text(answer, "version");
    if (session.output().isJson()) {
      session.output().json(answer);
    } else {
      session
          .output()
          .line(
              "Version "
                  + version
                  + (pending
                      ? " is published, and on its way."
                      : " decides on every node (" + Table.text(answer, "digest") + ")."));
      if (!answer.path("nodes").isEmpty()) {
        session
            .output()
            .show(answer, () -> Table.of(answer.path("nodes"), "node", "acknowledged_at"));
      }
    }
    for (JsonNode refused : answer.path("refused")) {
      session.remark(
          "enclave "
              + Table.text(refused, "enclave_id")
              + " refuses it and goes on with what it had: "
              + Table.printable(Table.text(refused, "why")));
    }
    for (JsonNode missing : answer.path("missing")) {
      session.remark("node " + Table.text(missing, "node") + " does not decide by it yet.");
    }
    for (JsonNode away : answer.path("away")) {
      session.remark(
          "enclave "
              + Table.printable(Table.text(away, "name"))
              + (away.path("enrolled").asBoolean()
                  ? " is not connected, and may go on with what it had until it is."
                  : " has never been connected; it runs it once it is."));
    }
    if (!pending) {
      return 0;
    }
    if (answer.path("refused").isEmpty()) {
      session.remark("not every enclave could be reached; they run it as soon as they are back.");
      return ExitCode.UNREACHABLE.number();
    }
    return ExitCode.FAILED.number();
  }
}
