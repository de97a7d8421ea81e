package io.redoubt.session;

import io.redoubt.ClusterMessage;
import java.util.List;

/**
 * How much an action is out of line, and why.
 *
 * @param score 0 to {@value #MOST}: the sum of what contributes, or the most there is
 */
public record Risk(int score, List<Contribution> contributions) implements ClusterMessage {
  /** The highest score. */
  public static final int MOST = 100;

  /** Nothing speaks against it. */
  public static final Risk NONE = new Risk(0, List.of());

  /**
   * One reason.
   *
   * @param name such as {@code off-intent}
   * @param points above zero
   */
  public record Contribution(String name, int points) {}

  public Risk {
    contributions = List.copyOf(contributions);
  }

  static Risk of(List<Contribution> contributions) {
    int sum = contributions.stream().mapToInt(Contribution::points).sum();
    return new Risk(Math.min(sum, MOST), contributions);
  }

  /** What contributes, each such as {@code off-intent 30}. */
  public List<String> reasons() {
    return contributions.stream().map(each -> each.name() + ' ' + each.points()).toList();
  }

  /** For the record, such as {@code risk 40: off-intent 30, new-operation 10}. */
  public String explained() {
    return "risk " + score + ": " + String.join(", ", reasons());
  }
}
