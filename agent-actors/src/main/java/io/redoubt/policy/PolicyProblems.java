package io.redoubt.policy;

import java.util.List;

/**
 * The texts do not make a policy set.
 *
 * @param problems at least one, in the order of the documents
 */
public record PolicyProblems(List<PolicyProblem> problems) implements Compilation {
  public PolicyProblems {
    problems = List.copyOf(problems);
    if (problems.isEmpty()) {
      throw new IllegalArgumentException("problems without a problem");
    }
  }
}
