package io.redoubt.policy;

import io.redoubt.protocol.policy.PolicyDocument;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a platform forbids in all of its organizations: documents in each of their bundles, named
 * after it. Since any forbid wins, nothing that an organization writes makes them milder.
 */
public final class Floor {
  /** How its documents and workflows are named in bundles, and no others. */
  public static final String PREFIX = "platform.";

  private Floor() {}

  /** Whether the document, or the policy of that id, is of a floor. */
  public static boolean isOf(String name) {
    return name.startsWith(PREFIX);
  }

  /**
   * The workflow that a policy of that name asks for. A floor's are called apart: no organization
   * defines who is asked where the platform wants somebody asked.
   */
  static String workflow(String policy, String named) {
    return isOf(policy) ? PREFIX + named : named;
  }

  /** A set that can be a floor, or all that is wrong: what permits is each organization's own. */
  public static Compilation compile(List<PolicyDocument> documents) {
    return switch (PolicySet.compile(documents)) {
      case PolicyProblems problems -> problems;
      case PolicySet set when !set.idle().isEmpty() -> new PolicyProblems(set.idle());
      case PolicySet set ->
          among(
              set,
              documents,
              policy ->
                  policy.forbids()
                      ? Optional.empty()
                      : Optional.of("a floor only forbids; organizations permit"));
    };
  }

  /**
   * The same, unless a permit is in it that permits nothing, since the floor forbids all that it is
   * about, whatever the conditions: then the problems. A floor may say more than can be seen so.
   */
  public static Compilation tried(Compilation compilation, List<PolicyDocument> documents) {
    return switch (compilation) {
      case PolicyProblems problems -> problems;
      case PolicySet set -> {
        var absolute =
            set.policies().stream()
                .filter(it -> isOf(it.id()) && it.forbids() && !it.conditional() && !it.shadow())
                .toList();
        yield among(
            set,
            documents,
            policy ->
                policy.forbids()
                    ? Optional.empty()
                    : absolute.stream()
                        .filter(it -> it.scope().covers(policy.scope()))
                        .findFirst()
                        .map(it -> "permits nothing: " + it.id() + " forbids all of it"));
      }
    };
  }

  private interface Judge {
    Optional<String> complaint(CompiledPolicy policy);
  }

  private static Compilation among(PolicySet set, List<PolicyDocument> documents, Judge judge) {
    var problems = new ArrayList<PolicyProblem>();
    for (var policy : set.policies()) {
      judge.complaint(policy).ifPresent(why -> problems.add(problem(policy, documents, why)));
      if (problems.size() >= PolicyCompiler.MAX_PROBLEMS) {
        break;
      }
    }
    return problems.isEmpty() ? set : new PolicyProblems(problems);
  }

  /** At the place of the policy in its document. */
  private static PolicyProblem problem(
      CompiledPolicy policy, List<PolicyDocument> documents, String why) {
    int own = policy.id().indexOf('#');
    var name = own < 0 ? policy.id() : policy.id().substring(0, own);
    return documents.stream()
        .filter(it -> it.name().equals(name))
        .flatMap(it -> Statement.of(it).stream())
        .filter(it -> it.text().equals(policy.text()))
        .findFirst()
        .map(it -> it.problem(why))
        .orElseGet(() -> new PolicyProblem(name, 1, 1, why));
  }
}
