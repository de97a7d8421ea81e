package io.redoubt.controlplane.policy;

import io.redoubt.policy.Canaries;
import io.redoubt.policy.ContentProblems;
import io.redoubt.policy.Floor;
import io.redoubt.policy.PolicyProblem;
import io.redoubt.policy.PolicyProblems;
import io.redoubt.policy.Rules;
import io.redoubt.protocol.policy.PolicyDocument;
import io.redoubt.protocol.problem.Problem;
import io.redoubt.protocol.problem.ProblemException;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How texts come in, and how what is wrong with them is said. */
final class PolicyTexts {
  static final String NOT_OWN = "cannot begin with " + Floor.PREFIX + ", as only the platform's do";

  private PolicyTexts() {}

  /** Documents from before there were floors may be named like one of theirs. */
  static void requireOwn(List<PolicyDocument> documents) {
    var problems =
        documents.stream()
            .filter(it -> Floor.isOf(it.name()))
            .map(it -> new Problem.FieldError("/policies/" + it.name(), NOT_OWN))
            .toList();
    if (!problems.isEmpty()) {
      throw ProblemException.invalid(problems);
    }
  }

  /** One document of a body. */
  record Text(@Nullable String name, @Nullable String cedar) {}

  static String name(String pointer, @Nullable String name) {
    if (name == null || !PolicyDocument.isName(name)) {
      throw ProblemException.invalid(
          pointer, "has 1 to 63 lower-case letters, digits, dots, dashes and underscores");
    }
    if (Floor.isOf(name)) {
      throw ProblemException.invalid(pointer, NOT_OWN);
    }
    if (name.startsWith(Rules.PREFIX)) {
      throw ProblemException.invalid(
          pointer, "cannot begin with " + Rules.PREFIX + ", which is what rules are compiled to");
    }
    return name;
  }

  static String cedar(String pointer, @Nullable String cedar) {
    if (cedar == null || !PolicyDocument.isText(cedar)) {
      throw ProblemException.invalid(
          pointer,
          "is needed: at most "
              + PolicyDocument.MAX_LENGTH
              + " characters, without control characters but tabs and line ends");
    }
    return cedar;
  }

  static List<PolicyDocument> documents(String pointer, List<@Nullable Text> texts, int atMost) {
    if (texts.size() > atMost) {
      throw ProblemException.invalid(pointer, "are at most " + atMost);
    }
    var names = new HashSet<String>();
    var documents =
        texts.stream()
            .map(text -> text == null ? new Text(null, null) : text)
            .map(text ->
                new PolicyDocument(
                    name(pointer + "/name", text.name()), cedar(pointer + "/cedar", text.cedar())))
            .toList();
    if (!documents.stream().map(PolicyDocument::name).allMatch(names::add)) {
      throw ProblemException.invalid(pointer, "have two of the same name");
    }
    return documents;
  }

  /** 422, with a pointer for each problem: the document, and where in its text. */
  static ProblemException refusal(PolicyProblems problems) {
    return ProblemException.invalid(
        problems.problems().stream()
            .map(it -> new Problem.FieldError(pointer(it), Objects.requireNonNull(it.message())))
            .toList());
  }

  /**
   * Such as {@code /policies/starter/cedar:3:12}: line and column, from 1. What a rule was compiled
   * to is not its author's, so {@code /rules/no-push} is pointed at whole, and so is a canary that
   * does not hold.
   */
  static String pointer(PolicyProblem problem) {
    if (problem.policy().equals(PolicyProblem.ALL)) {
      return "/policies";
    }
    if (problem.policy().startsWith(Canaries.PLACE)) {
      return "/canaries/" + problem.policy().substring(Canaries.PLACE.length());
    }
    if (problem.policy().startsWith(ContentProblems.PLACE)) {
      return "/content_policies/" + problem.policy().substring(ContentProblems.PLACE.length());
    }
    if (problem.policy().startsWith(Rules.PREFIX)) {
      return "/rules/" + problem.policy().substring(Rules.PREFIX.length());
    }
    return "/policies/" + problem.policy() + "/cedar:" + problem.line() + ":" + problem.column();
  }
}
