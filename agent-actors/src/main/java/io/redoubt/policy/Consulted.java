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
 * @param counts of the session
 */
record Consulted(
    boolean principal,
    boolean action,
    boolean resource,
    Set<String> context,
    Set<String> args,
    Set<Tally> counts) {
  static final Consulted NOTHING = new Consulted(false, false, false, Set.of(), Set.of(), Set.of());

  Consulted {
    context = Set.copyOf(context);
    args = Set.copyOf(args);
    counts = Set.copyOf(counts);
  }

  /** Whether what is looked at repeats: a moment passes, and arguments and sessions seldom do. */
  boolean repeats() {
    return args.isEmpty() && !context.contains("time") && !context.contains("session");
  }

  /** The same, and the entities that the request is about. */
  Consulted andEntities() {
    return new Consulted(true, action, true, context, args, counts);
  }

  Consulted and(Consulted other) {
    return new Consulted(
        principal || other.principal,
        action || other.action,
        resource || other.resource,
        union(context, other.context),
        union(args, other.args),
        union(counts, other.counts));
  }

  private static <T> Set<T> union(Set<T> one, Set<T> other) {
    var all = new HashSet<>(one);
    all.addAll(other);
    return all;
  }

  static Consulted all(Stream<Consulted> each) {
    return each.reduce(NOTHING, Consulted::and);
  }
}
