package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows the text of a document. */
@Command(name = "show", description = "Show the text of a policy document of the draft.")
final class PolicyShow implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "Which one.")
  String name = "";

  private final Session session;

  PolicyShow(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode policy = session.operator().get(PolicyCommand.POLICIES + "/" + Query.encode(name));
    if (session.output().isJson()) {
      session.output().json(policy);
    } else {
      TextLines.of(policy.path("cedar").asText())
          .forEach(line -> session.output().line(TextLines.printable(line)));
    }
    return 0;
  }
}
