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
        .forEach((family, rotations) -> check(family, rotations, recovered, violations));
    return violations;
  }

  private static void check(
      String family, List<Rotation> rotations, long recovered, List<String> violations) {
    Optional<Rotation> tried =
        rotations.stream()
            .filter(r -> r.started() >= recovered && !r.uncertain())
            .filter(r -> !(r.answer() instanceof Rotation.NotSpent))
            .findFirst();
    if (tried.isEmpty()) {
      violations.add("family %s was not tried after the recovery".formatted(family));
      return;
    }
    String last = lastAcknowledged(rotations, recovered);
    if (!tried.get().presented().equals(last)) {
      violations.add(
          "family %s: its last acknowledged token is %s, but %s was tried"
              .formatted(family, last, tried.get().presented()));
    }
    boolean superseded =
        rotations.stream()
            .anyMatch(r ->
                r.uncertain() && r.started() < tried.get().started() && r.presented().equals(last));
    if (!(tried.get().answer() instanceof Rotation.Granted) && !superseded) {
      violations.add(
          "family %s: acknowledged token %s was answered %s after the recovery"
              .formatted(family, last, tried.get().answer()));
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
