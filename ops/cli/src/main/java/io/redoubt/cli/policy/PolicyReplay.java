package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Puts recorded actions to the draft. */
@Command(
    name = "replay",
    description = {
      "Put recorded actions to the draft, and show which verdicts would change.",
      "An action is left out where policies ask for what its record does not hold; how many, and",
      "why, is shown. Changes nothing."
    })
final class PolicyReplay implements Callable<Integer> {
  @Mixin Recorded recorded = new Recorded();

  private final Session session;

  PolicyReplay(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer;
    try (var progress = session.progress()) {
      progress.say("Asking the draft about what was done");
      answer = session.operator().post(PolicyCommand.POLICIES + "/replay", recorded.body(session));
    }
    if (session.output().isJson()) {
      session.output().json(answer);
    } else {
      show(answer);
    }
    return answer.path("valid").asBoolean() ? 0 : ExitCode.FAILED.number();
  }

  private void show(JsonNode answer) {
    if (!answer.path("valid").asBoolean()) {
      answer.path("problems").forEach(problem -> session.output().line(Problems.line(problem)));
      return;
    }
    session
        .output()
        .line(
            "%s of %s actions replayed; %s go as they do now."
                .formatted(
                    Table.text(answer, "replayed"),
                    Table.text(answer, "records"),
                    Table.text(answer, "unchanged")));
    Recorded.show(session, answer.path("changes"));
    for (JsonNode left : answer.path("not_replayed")) {
      session
          .output()
          .line(
              Table.printable(
                  "not replayed: %s, since %s"
                      .formatted(Table.text(left, "count"), Table.text(left, "why"))));
    }
    Recorded.remarkMore(session, answer);
    answer.path("assumptions").forEach(it -> session.remark(Table.printable(it.asText())));
  }
}
