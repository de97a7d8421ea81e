package io.redoubt.policy;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the conditions of policies look at. Two requests that agree in all of it, are judged alike
 * by those policies.
 *
 * @param context attributes of the context
 * @param args attributes of the arguments
 */
record Consulted(
    boolean principal, boolean action, boolean resource, Set<String> context, Set<String> args) {
  static final Consulted NOTHING = new Consulted(false, false, false, Set.of(), Set.of());

  Consulted {
    context = Set.copyOf(context);
    args = Set.copyOf(args);
  }

  Consulted and(Consulted other) {
    return new Consulted(
        principal || other.principal,
        action || other.action,
        resource || other.resource,
        union(context, other.context),
        union(args, other.args));
  }

  private static Set<String> union(Set<String> one, Set<String> other) {
    var all = new HashSet<>(one);
    all.addAll(other);
    return all;
  }

  static Consulted all(Stream<Consulted> each) {
    return each.reduce(NOTHING, Consulted::and);
  }
}
