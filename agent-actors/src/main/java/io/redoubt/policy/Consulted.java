package io.redoubt.policy;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the conditions of policies look at. Two requests that agree in all of it, are judged alike
 * by those policies.
 *
 * @param context attributes of the context
 * @param args attributes of the arguments
 * @param told those of them of which nothing is asked but whether they are there, and these tests
 * @param counts of the session
 */
record Consulted(
    boolean principal,
    boolean action,
    boolean resource,
    Set<String> context,
    Set<String> args,
    Map<String, Set<TextTest>> told,
    Set<Tally> counts) {
  static final Consulted NOTHING =
      new Consulted(false, false, false, Set.of(), Set.of(), Map.of(), Set.of());

  /** Tests of one argument whose outcomes are kept together. */
  static final int MAX_TESTS = 62;

  Consulted {
    context = Set.copyOf(context);
    args = Set.copyOf(args);
    told =
        told.entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Map.Entry::getKey, each -> Set.copyOf(each.getValue())));
    counts = Set.copyOf(counts);
  }

  /** Whether what is looked at repeats: a moment passes, and arguments and sessions seldom do. */
  boolean repeats() {
    return told.keySet().containsAll(args)
        && told.values().stream().allMatch(tests -> tests.size() <= MAX_TESTS)
        && !context.contains("time")
        && !context.contains("session");
  }

  /** The same, and the entities that the request is about. */
  Consulted andEntities() {
    return new Consulted(true, action, true, context, args, told, counts);
  }

  Consulted and(Consulted other) {
    return new Consulted(
        principal || other.principal,
        action || other.action,
        resource || other.resource,
        union(context, other.context),
        union(args, other.args),
        toldBy(other),
        union(counts, other.counts));
  }

  private Map<String, Set<TextTest>> toldBy(Consulted other) {
    var both = new HashMap<String, Set<TextTest>>();
    told.forEach((name, tests) -> {
      if (!other.args.contains(name)) {
        both.put(name, tests);
      } else if (other.told.containsKey(name)) {
        both.put(name, union(tests, other.told.getOrDefault(name, Set.of())));
      }
    });
    other.told.forEach((name, tests) -> {
      if (!args.contains(name)) {
        both.put(name, tests);
      }
    });
    return both;
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
