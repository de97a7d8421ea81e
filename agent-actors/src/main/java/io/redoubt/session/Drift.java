package io.redoubt.session;

import java.util.List;

/**
 * That an agent has left its usual operations.
 *
 * @param unusual how many of its last acts are none that it did before them
 * @param among how many acts those were
 * @param operations what is new of it, as {@code context.session.operations} spells it, each once
 */
public record Drift(long unusual, int among, List<String> operations) {
  private static final int MOST_NAMED = 5;

  public Drift {
    operations = List.copyOf(operations);
  }

  /** In one line. */
  public String describe() {
    int named = Math.min(MOST_NAMED, operations.size());
    return "%d of its last %d actions are none that it did before: %s%s"
        .formatted(
            unusual,
            among,
            String.join(", ", operations.subList(0, named)),
            operations.size() > named ? " and %d more".formatted(operations.size() - named) : "");
  }
}
