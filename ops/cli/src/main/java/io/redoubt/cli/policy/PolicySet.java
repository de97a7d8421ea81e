package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.session.InputFile;
import io.redoubt.cli.session.Session;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Makes or changes a document, and says at once whether the draft could be published. */
@Command(
    name = "set",
    description = "Make or change a policy document of the draft, and check the draft.")
final class PolicySet implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "NAME", description = "What it is called.")
  String name = "";

  @Parameters(
      index = "1",
      paramLabel = "FILE",
      description = "File with Cedar policies; - is standard input.")
  Path file = Path.of("-");

  private final Session session;

  PolicySet(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode policy =
        session
            .operator()
            .put(
                PolicyCommand.POLICIES + "/" + Query.encode(name),
                Map.of("cedar", InputFile.read(session, file)));
    session
        .output()
        .say(
            policy,
            "Policy "
                + name
                + " is in the draft, as version "
                + policy.path("version").asText()
                + ". Publish it with `redoubt policy publish`.");
    JsonNode tested = session.operator().post(PolicyCommand.POLICIES + "/test", Map.of());
    Problems.remark(session, tested);
    return 0;
  }
}
