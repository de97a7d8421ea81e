package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Takes a document out of the draft. */
@Command(
    name = "delete",
    description = "Delete a policy document of the draft. It decides until the next publication.")
final class PolicyDelete implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "Which one.")
  String name = "";

  private final Session session;

  PolicyDelete(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer = session.operator().delete(PolicyCommand.POLICIES + "/" + Query.encode(name));
    session
        .output()
        .say(
            answer,
            "Policy "
                + name
                + " is out of the draft. What was published of it decides until you publish.");
    return 0;
  }
}
