package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.session.Session;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows the text of a document, or all that decides and where it comes from. */
@Command(
    name = "show",
    description = {
      "Show the text of a policy document of the draft.",
      "With --effective, all that is published, and where each part comes from."
    })
final class PolicyShow implements Callable<Integer> {
  @Parameters(arity = "0..1", paramLabel = "NAME", description = "Which one.")
  @Nullable String name;

  @Option(
      names = "--effective",
      description = "What is published: the platform's floor, rules, and documents.")
  boolean effective;

  private final Session session;

  PolicyShow(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (effective) {
      return showEffective();
    }
    if (name == null) {
      throw CommandFailure.usage("Which policy? Or all that is published: --effective.");
    }
    JsonNode policy = session.operator().get(PolicyCommand.POLICIES + "/" + Query.encode(name));
    if (session.output().isJson()) {
      session.output().json(policy);
    } else {
      TextLines.of(policy.path("cedar").asText())
          .forEach(line -> session.output().line(TextLines.printable(line)));
    }
    return 0;
  }

  private int showEffective() {
    List<JsonNode> newest = session.operator().list(PolicyCommand.BUNDLES, 1);
    if (newest.isEmpty()) {
      session.output().say(NullNode.getInstance(), "Nothing is published: everything is denied.");
      return 0;
    }
    JsonNode whole =
        session
            .operator()
            .get(PolicyCommand.BUNDLES + "/" + newest.getFirst().path("version").asText());
    if (session.output().isJson()) {
      session.output().json(whole);
      return 0;
    }
    for (JsonNode document : whole.path("policies")) {
      String text = document.path("name").asText();
      if (name == null || name.equals(text)) {
        TextLines.show(session, text + " (" + origin(text) + ")", document);
      }
    }
    return 0;
  }

  /** What a document is named after says whose it is. */
  private static String origin(String name) {
    if (name.startsWith("platform.")) {
      return "of the platform, which organizations cannot change";
    }
    return name.startsWith("rule.") ? "of a rule of the organization" : "of the organization";
  }
}
