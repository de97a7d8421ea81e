package io.redoubt.multinode.check;

import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Rotation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Nothing acknowledged is lost: the last successor that a client was given still works after a
 * recovery, unless a call that spent it has an unknown fate. A family that nobody tried afterwards
 * proves nothing, and is reported too.
 */
public final class NothingLost {
  private NothingLost() {}

  /**
   * Sentences about what is wrong; empty: nothing is.
   *
   * @param recovered when the product was ready again, by the monotonic clock
   */
  public static List<String> violations(History history, long recovered) {
    var violations = new ArrayList<String>();
    history
        .rotationsByFamily()
        .forEach((family, rotations) -> {
          if (firstTried(rotations, recovered).isEmpty()) {
            violations.add("family %s was not tried after the recovery".formatted(family));
          }
        });
    violations.addAll(amongTried(history, recovered));
    return violations;
  }

  /** The same of those that could be tried: agents that are isolated cannot. */
  public static List<String> amongTried(History history, long recovered) {
    var violations = new ArrayList<String>();
    history
        .rotationsByFamily()
        .forEach((family, rotations) ->
            firstTried(rotations, recovered)
                .ifPresent(tried -> check(family, rotations, tried, recovered, violations)));
    return violations;
  }

  private static Optional<Rotation> firstTried(List<Rotation> rotations, long recovered) {
    return rotations.stream()
        .filter(r -> r.started() >= recovered && !r.uncertain())
        .filter(r -> !(r.answer() instanceof Rotation.NotSpent))
        .findFirst();
  }

  private static void check(
      String family,
      List<Rotation> rotations,
      Rotation tried,
      long recovered,
      List<String> violations) {
    String last = lastAcknowledged(rotations, recovered);
    if (!tried.presented().equals(last)) {
      violations.add(
          "family %s: its last acknowledged token is %s, but %s was tried"
              .formatted(family, last, tried.presented()));
    }
    boolean superseded =
        rotations.stream()
            .anyMatch(
                r -> r.uncertain() && r.started() < tried.started() && r.presented().equals(last));
    if (!(tried.answer() instanceof Rotation.Granted) && !superseded) {
      violations.add(
          "family %s: acknowledged token %s was answered %s after the recovery"
              .formatted(family, last, tried.answer()));
    }
  }

  private static String lastAcknowledged(List<Rotation> rotations, long recovered) {
    String last = rotations.getFirst().presented();
    for (Rotation rotation : rotations) {
      if (rotation.started() < recovered
          && rotation.answer() instanceof Rotation.Granted(var successor, _)) {
        last = successor;
      }
    }
    return last;
  }
}
