package io.redoubt.policy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a policy's conditions, as Cedar's JSON form has them, for what they look at.
 *
 * @see <a href="https://docs.cedarpolicy.com/policies/json-format.html">Cedar's JSON format</a>
 */
final class Conditions {
  /** How deep an expression may nest: it is evaluated on the stack of an actor's thread. */
  static final int MAX_DEPTH = 200;

  /** What a session counts. */
  private static final Set<String> NUMBERS = Set.of("counts", "actions", "denials");

  private static final Map<String, BiPredicate<Long, Long>> COMPARISONS =
      Map.of(
          "<", (one, other) -> one < other,
          "<=", (one, other) -> one <= other,
          ">", (one, other) -> one > other,
          ">=", (one, other) -> one >= other,
          "==", Long::equals,
          "!=", (one, other) -> !one.equals(other));

  /** What an entity stands to the left of whose attributes, tags or parents are asked for. */
  private static final List<String> ASKS_OF_ENTITY =
      List.of("in", "is", ".", "has", "hasTag", "getTag");

  private final Set<String> context = new HashSet<>();
  private final Set<String> args = new HashSet<>();
  private final Map<String, Set<TextTest>> told = new HashMap<>();

  /** Arguments of which something else is asked. */
  private final Set<String> untold = new HashSet<>();

  private final Set<Tally> counts = new HashSet<>();
  private final List<String> problems = new ArrayList<>();
  private final List<String> idle = new ArrayList<>();
  private boolean principal;
  private boolean action;
  private boolean resource;

  private Conditions() {}

  /**
   * What the conditions look at, or why they cannot be accepted.
   *
   * @param idle what in them can be evaluated and never says anything
   */
  record Reading(Consulted consulted, List<String> problems, List<String> idle) {}

  static Reading read(JsonNode conditions) {
    var reader = new Conditions();
    for (var condition : conditions) {
      reader.walk(condition.path("body"), 0);
    }
    return new Reading(
        new Consulted(
            reader.principal,
            reader.action,
            reader.resource,
            reader.context,
            reader.args,
            reader.told(),
            reader.counts),
        reader.problems.stream().distinct().toList(),
        reader.idle.stream().distinct().toList());
  }

  /** Whether one of the conditions falls away as soon as there is an approval. */
  static boolean liftedByApproval(JsonNode conditions) {
    for (var condition : conditions) {
      if (condition.path("kind").asText().equals("unless")
          && asksApproval(condition.path("body"))) {
        return true;
      }
    }
    return false;
  }

  private static boolean asksApproval(JsonNode body) {
    var both = body.has("&&") ? body.path("&&") : body.path("||");
    if (both.isObject()) {
      return asksApproval(both.path("left")) || asksApproval(both.path("right"));
    }
    return List.of("context", "approval").equals(path(body.path("has")));
  }

  /** The variable and attributes of {@code variable.a.b}; null: it is something else. */
  static @Nullable List<String> path(JsonNode access) {
    var path = new ArrayList<String>();
    var node = access;
    while (node.has("attr")) {
      path.addFirst(node.path("attr").asText());
      node = node.path("left");
      if (node.has(".")) {
        node = node.path(".");
      }
    }
    if (!node.has("Var")) {
      return null;
    }
    path.addFirst(node.path("Var").asText());
    return path;
  }

  private void walk(JsonNode expression, int depth) {
    if (depth > MAX_DEPTH) {
      problems.add("an expression nests deeper than " + MAX_DEPTH);
      return;
    }
    if (!expression.isObject() || expression.has("Value")) {
      return;
    }
    comparison(expression);
    asksOfNamed(expression);
    if (expression.has("Var")) {
      variable(expression.path("Var").asText());
      return;
    }
    if (isTest(expression)) {
      return;
    }
    var access = expression.has(".") ? expression.path(".") : expression.path("has");
    var path = access.isObject() ? path(access) : null;
    if (path != null) {
      if (expression.has(".") && path.equals(List.of("context", "args"))) {
        problems.add("name the argument that is meant: context.args.…");
      }
      attribute(path);
      return;
    }
    if (expression.has("like")) {
      walk(expression.path("like").path("left"), depth + 1);
      return;
    }
    for (var operands : expression) {
      if (operands.isArray() || operands.isObject()) {
        for (var operand : operands) {
          walk(operand, depth + 1);
        }
      }
    }
  }

  /**
   * An entity that a condition names may be the one that the request is about, and then has
   * attributes and is in something: whoever asks for that looks at the request's.
   */
  private void asksOfNamed(JsonNode expression) {
    for (var operator : ASKS_OF_ENTITY) {
      if (namesEntity(expression.path(operator).path("left"))) {
        principal = true;
        resource = true;
      }
    }
  }

  private static boolean namesEntity(JsonNode expression) {
    if (expression.has("__entity")) {
      return true;
    }
    for (var part : expression) {
      if (part.isContainerNode() && namesEntity(part)) {
        return true;
      }
    }
    return false;
  }

  /** A session is as long as it is: what lies beyond is never reached, and guards nothing. */
  private void comparison(JsonNode expression) {
    for (var each : COMPARISONS.entrySet()) {
      var sides = expression.path(each.getKey());
      var left = sides.path("left");
      var right = sides.path("right");
      var number = isCount(left) ? right : left;
      if (isCount(left) == isCount(right) || !number.path("Value").isIntegralNumber()) {
        continue;
      }
      long value = number.path("Value").longValue();
      long different =
          LongStream.rangeClosed(0, Facts.Session.MOST)
              .mapToObj(count ->
                  isCount(left)
                      ? each.getValue().test(count, value)
                      : each.getValue().test(value, count))
              .distinct()
              .count();
      if (different == 1) {
        idle.add(
            "what a session counts is 0 to %d, so compared with %d it always says the same"
                .formatted(Facts.Session.MOST, value));
      }
    }
  }

  private static boolean isCount(JsonNode expression) {
    var path = expression.has(".") ? path(expression.path(".")) : null;
    return path != null
        && path.size() > 2
        && path.subList(0, 2).equals(List.of("context", "session"))
        && NUMBERS.contains(path.get(2));
  }

  private void variable(String name) {
    switch (name) {
      case "principal" -> principal = true;
      case "action" -> action = true;
      case "resource" -> resource = true;
      default -> problems.add("name the attribute of the context that is meant");
    }
  }

  private void count(List<String> named) {
    var tally = named.size() == 1 ? Tally.parse(named.getFirst()) : Optional.<Tally>empty();
    if (tally.isEmpty()) {
      problems.add(
          "a count names an operation, perhaps what it is done to, and a time of at most 7d:"
              + " context.session.counts[\"tool:call shell within 10m\"]");
    }
    tally.ifPresent(counts::add);
  }

  private void attribute(List<String> path) {
    if (!path.getFirst().equals("context")) {
      variable(path.getFirst());
      return;
    }
    var attribute = path.get(1);
    context.add(attribute);
    if (path.size() > 2 && attribute.equals("session") && path.get(2).equals("counts")) {
      count(path.subList(3, path.size()));
    }
    if (!attribute.equals("args")) {
      return;
    }
    if (path.size() > 2) {
      args.add(path.get(2));
      untold.add(path.get(2));
    }
  }

  private Map<String, Set<TextTest>> told() {
    var all = new HashMap<>(told);
    all.keySet().removeAll(untold);
    return all;
  }

  /** Whether it asks one of those things of an argument that can be told without Cedar. */
  private boolean isTest(JsonNode expression) {
    if (expression.has("has")) {
      var name = argument(path(expression.path("has")));
      return name != null && tested(name, null);
    }
    if (expression.has("like")) {
      var like = expression.path("like");
      var name = argument(like.path("left"));
      var pattern = TextTest.Like.of(like.path("pattern"));
      return name != null && pattern.isPresent() && tested(name, pattern.get());
    }
    var sides = expression.has("==") ? expression.path("==") : expression.path("!=");
    var left = argument(sides.path("left"));
    var right = argument(sides.path("right"));
    var value = sides.path(left == null ? "left" : "right").path("Value");
    var name = left == null ? right : left;
    return name != null && value.isTextual() && tested(name, new TextTest.Equal(value.asText()));
  }

  private boolean tested(String argument, @Nullable TextTest test) {
    context.add("args");
    args.add(argument);
    var tests = told.computeIfAbsent(argument, _ -> new HashSet<>());
    if (test != null) {
      tests.add(test);
    }
    return true;
  }

  /** The name in {@code context.args.name}; null: it is something else. */
  private static @Nullable String argument(JsonNode expression) {
    return expression.has(".") ? argument(path(expression.path("."))) : null;
  }

  private static @Nullable String argument(@Nullable List<String> path) {
    return path != null && path.size() == 3 && path.subList(0, 2).equals(List.of("context", "args"))
        ? path.get(2)
        : null;
  }
}
