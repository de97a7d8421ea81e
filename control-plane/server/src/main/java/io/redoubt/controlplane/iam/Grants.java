package io.redoubt.controlplane.iam;

import io.redoubt.controlplane.operator.Operator;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Nobody grants what they do not hold, and nobody changes or speaks for somebody who holds more
 * than they do: otherwise any of the two would be a way to more.
 */
final class Grants {
  private Grants() {}

  static void requireHeld(Operator operator, Set<Permission> concerned) {
    var beyond = EnumSet.noneOf(Permission.class);
    beyond.addAll(concerned);
    beyond.removeAll(operator.permissions());
    if (!beyond.isEmpty()) {
      throw ProblemException.of(
          ErrorType.PERMISSION_MISSING,
          "This concerns permissions that you do not hold: "
              + beyond.stream().map(Permission::wire).collect(Collectors.joining(", "))
              + ".");
    }
  }
}
