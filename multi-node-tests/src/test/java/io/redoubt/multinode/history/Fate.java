package io.redoubt.multinode.history;

import java.util.List;

/**
 * What the product itself says has become of a request for approval.
 *
 * @param status as it stands
 * @param steps as they are in the audit log
 */
public record Fate(String approval, String agent, String status, List<String> steps) {
  public Fate {
    steps = List.copyOf(steps);
  }

  /** How often something was done. */
  public long count(String step) {
    return steps.stream().filter(step::equals).count();
  }
}
