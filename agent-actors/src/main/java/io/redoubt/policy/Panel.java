package io.redoubt.policy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The policies that match a request in their scope: those enforced, or those only watched. */
final class Panel {
  private final Slices slices;
  private final int[] conditional;

  /** They hold wherever their scope matches, so nobody needs to ask. */
  private final Set<Integer> forbids = new TreeSet<>();

  private final Set<Integer> permits = new TreeSet<>();

  Panel(List<CompiledPolicy> policies, Slices slices, int[] matching, boolean shadow) {
    this.slices = slices;
    this.conditional =
        Arrays.stream(matching)
            .filter(each -> policies.get(each).shadow() == shadow)
            .filter(each -> policies.get(each).conditional())
            .toArray();
    for (int each : matching) {
      var policy = policies.get(each);
      if (policy.shadow() == shadow && !policy.conditional()) {
        (policy.forbids() ? forbids : permits).add(each);
      }
    }
  }

  int conditional() {
    return conditional.length;
  }

  boolean isEmpty() {
    return conditional.length == 0 && forbids.isEmpty() && permits.isEmpty();
  }

  Hearing hear(Question question) {
    var answer = slices.ask(conditional, question);
    return new Hearing(
        union(forbids, answer.forbids()), union(permits, answer.permits()), answer.errors(), this);
  }

  /**
   * What the policies of a panel said.
   *
   * @param forbids numbers of those that forbid
   * @param permits numbers of those that permit, perhaps not all, where one forbids
   */
  record Hearing(
      Set<Integer> forbids, Set<Integer> permits, Map<Integer, String> errors, Panel panel) {

    /** Those that would permit if these did not forbid. */
    Set<Integer> permitsBeside(Set<Integer> lifted, Question question) {
      if (!permits.isEmpty() || panel.conditional.length == 0) {
        return permits;
      }
      int[] others =
          Arrays.stream(panel.conditional).filter(each -> !lifted.contains(each)).toArray();
      return panel.slices.ask(others, question).permits();
    }
  }

  private static Set<Integer> union(Set<Integer> one, Set<Integer> other) {
    var all = new TreeSet<>(one);
    all.addAll(other);
    return all;
  }
}
