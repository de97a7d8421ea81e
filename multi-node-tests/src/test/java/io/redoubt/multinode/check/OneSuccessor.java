package io.redoubt.multinode.check;

import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Rotation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.TreeSet;

/**
 * G1: no token has two successors, and every family behaves as if it handled one rotation at a
 * time.
 */
public final class OneSuccessor {
  private OneSuccessor() {}

  /** Sentences about what is wrong; empty: nothing is. */
  public static List<String> violations(History history) {
    var violations = new ArrayList<String>();
    history
        .rotationsByFamily()
        .forEach((family, rotations) -> {
          twoSuccessors(rotations, violations);
          Linearizability.firstInexplicable(
                  new FamilyModel(rotations.getFirst().presented()), rotations)
              .ifPresent(call ->
                  violations.add(
                      "family %s: no order explains %s among %s"
                          .formatted(family, call, around(rotations, call))));
        });
    return violations;
  }

  private static void twoSuccessors(List<Rotation> rotations, List<String> violations) {
    var successors = new HashMap<String, TreeSet<String>>();
    for (Rotation rotation : rotations) {
      if (rotation.answer() instanceof Rotation.Granted(var successor, _)) {
        successors.computeIfAbsent(rotation.presented(), _ -> new TreeSet<>()).add(successor);
      }
    }
    successors.forEach((token, several) -> {
      if (several.size() > 1) {
        violations.add("token %s has the successors %s".formatted(token, several));
      }
    });
  }

  /** The calls that touch the same tokens: enough to see what happened. */
  private static List<Rotation> around(List<Rotation> rotations, Rotation call) {
    return rotations.stream()
        .filter(other ->
            other.presented().equals(call.presented())
                || (other.answer() instanceof Rotation.Granted(var successor, _)
                    && successor.equals(call.presented())))
        .toList();
  }
}
