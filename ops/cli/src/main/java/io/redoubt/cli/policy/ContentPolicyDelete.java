package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Takes a content policy out of the draft. */
@Command(
    name = "delete",
    description = {
      "Delete a content policy of the draft. It decides until the next publication.",
      "The platform's is not deleted: set one without rules."
    })
final class ContentPolicyDelete implements Callable<Integer> {
  @Parameters(paramLabel = "SCOPE", description = "organization, an agent's id, or a label.")
  String scope = "";

  private final Session session;

  ContentPolicyDelete(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer = session.operator().delete(ContentPolicyCommand.path(scope));
    session
        .output()
        .say(
            answer,
            "The content policy of "
                + scope
                + " is out of the draft. It decides until you publish.");
    return 0;
  }
}
