package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.InputFile;
import io.redoubt.cli.session.Session;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Makes or replaces a content policy. */
@Command(name = "set", description = "Make or replace a content policy.")
final class ContentPolicySet implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "SCOPE", description = ContentPolicyCommand.SCOPE)
  String scope = "";

  @Parameters(
      index = "1",
      paramLabel = "FILE",
      description = "JSON: rules, patterns, models. - is standard input.")
  Path file = Path.of("-");

  private final Session session;

  ContentPolicySet(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var body = InputFile.readJson(session, file);
    JsonNode answer;
    try (var progress = session.progress()) {
      if (scope.equals(ContentPolicyCommand.PLATFORM)) {
        progress.say("Publishing in every organization");
      }
      answer = session.operator().put(ContentPolicyCommand.path(scope), body);
    }
    if (!scope.equals(ContentPolicyCommand.PLATFORM)) {
      session
          .output()
          .say(
              answer,
              "The content policy of "
                  + scope
                  + " is in the draft. Publish it with `redoubt policy publish`.");
      return 0;
    }
    session
        .output()
        .say(
            answer,
            answer.path("below").isEmpty()
                ? "It is in every organization."
                : "It is on its way into every organization.");
    FloorCommand.remark(session, answer);
    return 0;
  }
}
