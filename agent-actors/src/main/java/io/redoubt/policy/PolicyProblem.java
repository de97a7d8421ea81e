package io.redoubt.policy;

/**
 * Why a policy is not accepted, at a place in its text.
 *
 * @param policy name of the document; {@link #ALL} of them; or of a canary that does not hold,
 *     after {@value Canaries#PLACE}, or a place in a content policy, after {@value
 *     ContentProblems#PLACE}: then line and column say nothing
 * @param line from 1
 * @param column from 1, in characters
 * @param message what is wrong and, where it can be known, what would be right
 */
public record PolicyProblem(String policy, int line, int column, String message) {
  /** No document is called so. */
  public static final String ALL = "";
}
