package io.redoubt.policy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.content.ContentRules;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.PolicyDocument;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes an organization's policies yield to a floor that they cannot be run together with, so that
 * nobody keeps a floor out by what they wrote. What yields only becomes stricter: a permit permits
 * nothing any more, and a forbid holds wherever its scope matches, whatever its conditions were.
 *
 * <p>Those yield that clash, however many they are, and where there are too many, those that come
 * last; no others.
 */
public final class Yielding {
  /**
   * What yields may bring up what else must: it tells no types of arguments any more, say. Nothing
   * is checked in so many respects that depend on each other, unless somebody wrote it for that.
   */
  private static final int ROUNDS = 32;

  private static final int LONGEST_REASON = 200;

  /** For a document in which there is no room to say of each why. */
  private static final String IN_SHORT =
      "// Policies of this document yield to the platform's floor.\n";

  private static final String PERMIT_NOTHING =
      "permit (principal == %s::\"nobody\", action, resource);".formatted(Vocabulary.AGENT);

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
    var own = documents.stream().filter(it -> !Floor.isOf(it.name())).map(Own::new).toList();
    for (int round = 0; round < ROUNDS; round++) {
      // The floor comes first: so what contradicts it is not the floor.
      var all = Stream.concat(floor.stream(), own.stream().map(Own::now)).toList();
      switch (PolicyCompiler.compileNamingAll(all)) {
        case PolicySet set -> {
          return result(all, ContentRules.withoutVainRules(contentPolicies), set, own);
        }
        case PolicyProblems(var problems) -> {
          if (!giveWay(own, problems)) {
            return Optional.empty();
          }
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Result> result(
      List<PolicyDocument> all, List<ContentDocument> content, PolicySet set, List<Own> own) {
    return PolicySet.handling(set, content) instanceof PolicySet whole
        ? Optional.of(new Result(all, content, whole, own.stream().flatMap(Own::yielded).toList()))
        : Optional.empty();
  }

  /** Whether anything yields that has not yielded yet, so that it is worth another look. */
  private static boolean giveWay(List<Own> own, List<PolicyProblem> problems) {
    var byDocument = problems.stream().collect(Collectors.groupingBy(PolicyProblem::policy));
    boolean any = false;
    for (var document : own) {
      for (var problem : byDocument.getOrDefault(document.now().name(), List.of())) {
        any |= document.yields(problem);
      }
    }
    return any && own.stream().allMatch(Own::rewrite);
  }

  /** A document of the organization, and what of it yields. */
  private static final class Own {
    private final PolicyDocument published;
    private final List<Statement> statements;

    /** By the number of the policy, from 0. */
    private final TreeMap<Integer, Instead> yielding = new TreeMap<>();

    private PolicyDocument now;
    private List<Statement> statementsNow;
    private boolean stale;

    Own(PolicyDocument published) {
      this.published = published;
      this.statements = Statement.of(published);
      this.now = published;
      this.statementsNow = statements;
    }

    private record Instead(String text, String why) {}

    PolicyDocument now() {
      return now;
    }

    Stream<PolicyProblem> yielded() {
      return yielding.entrySet().stream()
          .map(it -> statements.get(it.getKey()).problem(it.getValue().why()));
    }

    /** Whether the policy that the problem is with has not yielded yet, and does. */
    boolean yields(PolicyProblem problem) {
      int at = offset(now.cedar(), problem);
      int number = -1;
      while (number + 1 < statementsNow.size() && statementsNow.get(number + 1).start() <= at) {
        number++;
      }
      if (number < 0 || yielding.containsKey(number)) {
        return false;
      }
      var statement = statements.get(number);
      var instead = PolicyCompiler.onOwnStack(() -> instead(statement));
      if (instead.isEmpty()) {
        return false;
      }
      yielding.put(number, new Instead(instead.get(), problem.message()));
      stale = true;
      return true;
    }

    /** Brings the text up to date. False: there is no room for it. */
    boolean rewrite() {
      if (!stale) {
        return true;
      }
      var text = Stream.of(text(true), text(false)).filter(PolicyDocument::isText).findFirst();
      if (text.isEmpty()) {
        return false;
      }
      now = new PolicyDocument(published.name(), text.get());
      statementsNow = Statement.of(now);
      stale = false;
      return true;
    }

    private String text(boolean reasons) {
      var text = new StringBuilder(reasons ? "" : IN_SHORT);
      int at = 0;
      for (var each : yielding.entrySet()) {
        var statement = statements.get(each.getKey());
        text.append(published.cedar(), at, statement.start());
        if (reasons) {
          text.append("// Yields to the platform's floor: ")
              .append(inOneLine(each.getValue().why()))
              .append('\n');
        }
        text.append(each.getValue().text());
        at = statement.start() + statement.text().length();
      }
      return text.append(published.cedar().substring(at)).toString();
    }
  }

  private static int offset(String text, PolicyProblem problem) {
    int lineStart = 0;
    for (int line = 1; line < problem.line(); line++) {
      lineStart = text.indexOf('\n', lineStart) + 1;
    }
    return text.offsetByCodePoints(lineStart, problem.column() - 1);
  }

  private static String inOneLine(String reason) {
    var line = reason.replaceAll("[\\p{Cntrl}\\p{Cs}]", " ");
    return line.substring(0, Math.min(LONGEST_REASON, line.length()));
  }

  /**
   * One policy for one, so that the others of the document keep their ids. Empty: Cedar does not
   * take what there was.
   */
  private static Optional<String> instead(Statement statement) {
    try {
      var policy = (ObjectNode) Cedar.parse(statement);
      var said = policy.path("annotations");
      boolean forbids = policy.path("effect").asText().equals("forbid") && !said.has("shadow");
      if (!forbids && !said.has("id")) {
        return Optional.of(PERMIT_NOTHING);
      }
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
