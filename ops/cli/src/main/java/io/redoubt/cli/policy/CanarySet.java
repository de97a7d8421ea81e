package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.InputFile;
import io.redoubt.cli.session.Session;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Makes or replaces a canary, and says at once whether the draft gives its verdict. */
@Command(name = "set", description = "Make or replace a canary of the draft, and check the draft.")
final class CanarySet implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "NAME", description = "What it is called.")
  String name = "";

  @Parameters(
      index = "1",
      paramLabel = "FILE",
      description = {
        "JSON: the verdict, the action, the resource, and what else is known of the call.",
        "- is standard input."
      })
  Path file = Path.of("-");

  private final Session session;

  CanarySet(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode canary =
        session.operator().put(CanaryCommand.path(name), InputFile.readJson(session, file));
    session
        .output()
        .say(
            canary,
            "Canary " + name + " is in the draft. What is published from now on must hold to it.");
    Problems.remark(session, session.operator().post(PolicyCommand.POLICIES + "/test", Map.of()));
    return 0;
  }
}
