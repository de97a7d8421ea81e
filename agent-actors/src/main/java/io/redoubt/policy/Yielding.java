package io.redoubt.policy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.content.ContentRules;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.PolicyDocument;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes an organization's policies yield to a floor that they cannot be run together with, so that
 * nobody keeps a floor out by what they wrote. What yields only becomes stricter: a permit permits
 * nothing any more, and a forbid holds wherever its scope matches, whatever its conditions were.
 */
public final class Yielding {
  /** What yields may bring up what else must. */
  private static final int ROUNDS = 8;

  private static final int LONGEST_REASON = 200;

  private Yielding() {}

  /**
   * What stands above the floor.
   *
   * @param documents the floor's, and the organization's, in which it is said what has yielded
   * @param yielded the policies that did, where they stood, and why
   */
  public record Result(
      List<PolicyDocument> documents,
      List<ContentDocument> content,
      PolicySet set,
      List<PolicyProblem> yielded) {
    public Result {
      documents = List.copyOf(documents);
      content = List.copyOf(content);
      yielded = List.copyOf(yielded);
    }
  }

  /** Takes its time. Empty: not even so can it be run above its floor. */
  public static Optional<Result> of(
      List<PolicyDocument> documents, List<ContentDocument> contentPolicies) {
    var floor = documents.stream().filter(it -> Floor.isOf(it.name())).toList();
    var own = documents.stream().filter(it -> !Floor.isOf(it.name())).toList();
    var content = ContentRules.withoutVainRules(contentPolicies);
    var yielded = new ArrayList<PolicyProblem>();
    for (int round = 0; round < ROUNDS; round++) {
      // The floor comes first: so what contradicts it is not the floor.
      var all = Stream.concat(floor.stream(), own.stream()).toList();
      switch (PolicySet.compile(all, content)) {
        case PolicySet set -> {
          return Optional.of(new Result(all, content, set, yielded));
        }
        case PolicyProblems(var problems) -> {
          var yielding = yielding(own, problems, yielded);
          if (yielding == null) {
            return Optional.empty();
          }
          own = yielding;
        }
      }
    }
    return Optional.empty();
  }

  /** The documents as they are after that; null: nothing in them is said to be the problem. */
  private static @Nullable List<PolicyDocument> yielding(
      List<PolicyDocument> own, List<PolicyProblem> problems, List<PolicyProblem> yielded) {
    var after = new ArrayList<PolicyDocument>(own.size());
    boolean any = false;
    for (var document : own) {
      var why = new HashMap<Statement, String>();
      for (var problem : problems) {
        if (problem.policy().equals(document.name())) {
          statement(document, problem)
              .filter(it -> why.putIfAbsent(it, problem.message()) == null)
              .ifPresent(it -> yielded.add(it.problem(problem.message())));
        }
      }
      var text = why.isEmpty() ? Optional.of(document.cedar()) : text(document, why);
      if (text.isEmpty() || !PolicyDocument.isText(text.get())) {
        return null;
      }
      any |= !why.isEmpty();
      after.add(new PolicyDocument(document.name(), text.get()));
    }
    return any ? after : null;
  }

  /** The policy at whose beginning, or in whose text, the problem is. */
  private static Optional<Statement> statement(PolicyDocument document, PolicyProblem problem) {
    int at = offset(document.cedar(), problem);
    return Statement.of(document).stream()
        .filter(it -> it.start() <= at)
        .reduce((_, later) -> later);
  }

  private static int offset(String text, PolicyProblem problem) {
    int lineStart = 0;
    for (int line = 1; line < problem.line(); line++) {
      lineStart = text.indexOf('\n', lineStart) + 1;
    }
    return text.offsetByCodePoints(lineStart, problem.column() - 1);
  }

  /** Empty: Cedar does not take it any more. */
  private static Optional<String> text(PolicyDocument document, Map<Statement, String> why) {
    var text = new StringBuilder();
    int at = 0;
    for (var each : Statement.of(document)) {
      var reason = why.get(each);
      if (reason == null) {
        continue;
      }
      var instead = PolicyCompiler.onOwnStack(() -> instead(each));
      if (instead.isEmpty()) {
        return Optional.empty();
      }
      text.append(document.cedar(), at, each.start())
          .append("// Yields to the platform's floor: ")
          .append(inOneLine(reason))
          .append('\n')
          .append(instead.get());
      at = each.start() + each.text().length();
    }
    return Optional.of(text.append(document.cedar().substring(at)).toString());
  }

  private static String inOneLine(String reason) {
    var line = reason.replaceAll("[\\p{Cntrl}\\p{Cs}]", " ");
    return line.substring(0, Math.min(LONGEST_REASON, line.length()));
  }

  /** One policy for one, so that the others of the document keep their ids. */
  private static Optional<String> instead(Statement statement) {
    try {
      var policy = (ObjectNode) Cedar.parse(statement);
      var said = policy.path("annotations");
      boolean forbids = policy.path("effect").asText().equals("forbid") && !said.has("shadow");
      policy.putArray("conditions");
      var annotations = policy.putObject("annotations");
      for (var name : List.of("id", "alert")) {
        if (said.has(name)) {
          annotations.set(name, said.get(name));
        }
      }
      if (!forbids) {
        var principal = policy.putObject("principal").put("op", "==");
        principal.putObject("entity").put("type", Vocabulary.AGENT).put("id", "nobody");
      }
      return Cedar.text(policy);
    } catch (Cedar.Rejected _) {
      return Optional.empty();
    }
  }
}
