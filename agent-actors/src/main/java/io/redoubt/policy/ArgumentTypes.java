package io.redoubt.policy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds out which types the arguments of calls have, from what policies compare them with. Nobody
 * else knows: the tools are the agents' own. All policies of a set must agree.
 */
final class ArgumentTypes {
  private enum Kind {
    BOOL("a boolean"),
    LONG("an integer"),
    STRING("a string"),
    DECIMAL("a decimal"),
    SET("a set"),
    RECORD("a record"),
    /** What no argument can be: an entity, an address, a time. */
    OTHER("something that no argument can be");

    private final String text;

    Kind(String text) {
      this.text = text;
    }
  }

  /** A type that may not be known yet. Two that were found to be the same are one from then on. */
  private static final class Type {
    private @Nullable Type same;
    private @Nullable Kind kind;
    private @Nullable Type element;
    private final Map<String, Type> members = new TreeMap<>();

    /** Where it stands among the arguments; null: it is no argument. */
    private @Nullable String path;

    /** Whether anything but its presence matters. */
    private boolean used;

    /** Whether the whole of it is compared. */
    private boolean compared;

    static Type of(@Nullable Kind kind) {
      var type = new Type();
      type.kind = kind;
      return type;
    }

    static Type setOf(Type element) {
      var type = of(Kind.SET);
      type.element = element;
      return type;
    }

    static Type argument(String path) {
      var type = new Type();
      type.path = path;
      return type;
    }

    Type found() {
      var type = this;
      while (type.same != null) {
        type = type.same;
      }
      return type;
    }
  }

  private final Type arguments = Type.of(Kind.RECORD);
  private final List<String> problems = new ArrayList<>();

  /** The arguments that each policy looks at, in the order in which policies were observed. */
  private final List<Set<Type>> looked = new ArrayList<>();

  /** Takes back what was found out since the policy began. */
  private final Deque<Runnable> undo = new ArrayDeque<>();

  /**
   * Takes a policy's conditions into account; answers what is wrong with them. Where anything is,
   * nothing of them is taken: or others would clash with what is not to stand.
   */
  List<String> observe(JsonNode conditions) {
    problems.clear();
    undo.clear();
    looked.add(new HashSet<>());
    for (var condition : conditions) {
      is(Kind.BOOL, condition.path("body"));
    }
    if (!problems.isEmpty()) {
      undo.forEach(Runnable::run); // the last first
      looked.getLast().clear();
    }
    return problems.stream().distinct().toList();
  }

  /**
   * What is wrong with the arguments of all policies together, by the number of the policy, from 0
   * in the order in which they were observed.
   */
  Map<Integer, List<String>> unsettled() {
    var wrong = new HashMap<Type, Set<String>>();
    arguments.members.values().forEach(each -> collect(each.found(), each.found(), wrong));
    var unsettled = new TreeMap<Integer, List<String>>();
    for (int policy = 0; policy < looked.size() && !wrong.isEmpty(); policy++) {
      var why =
          looked.get(policy).stream()
              .flatMap(each -> wrong.getOrDefault(each.found(), Set.of()).stream())
              .distinct()
              .sorted()
              .toList();
      if (!why.isEmpty()) {
        unsettled.put(policy, why);
      }
    }
    if (unsettled.isEmpty() && !wrong.isEmpty()) {
      unsettled.put(0, wrong.values().stream().flatMap(Set::stream).sorted().toList());
    }
    return unsettled;
  }

  ArgumentType.Struct types() {
    return (ArgumentType.Struct) settled(arguments);
  }

  /**
   * Collects what is wrong.
   *
   * @param argument the one that it is, or whose elements are of that type
   */
  private static void collect(Type type, Type argument, Map<Type, Set<String>> wrong) {
    var element = type.element == null ? null : type.element.found();
    boolean unknown =
        type.kind == null
            ? type.used
            : type.kind == Kind.SET && type.compared && element != null && element.kind == null;
    if (unknown) {
      complain(wrong, argument, "compare context.args.%s with a literal: its type cannot be told");
    }
    if ((type.kind == Kind.RECORD && type.compared)
        || (element != null && element.kind == Kind.RECORD)) {
      complain(wrong, argument, "compare the attributes of context.args.%s, not whole objects");
    }
    if (element != null && element.kind == Kind.SET) {
      collect(element, argument, wrong);
    }
    type.members.values().forEach(each -> collect(each.found(), each.found(), wrong));
  }

  private static void complain(Map<Type, Set<String>> wrong, Type argument, String why) {
    wrong.computeIfAbsent(argument, _ -> new LinkedHashSet<>()).add(why.formatted(argument.path));
  }

  private static ArgumentType settled(Type type) {
    if (type.kind == null) {
      return new ArgumentType.Presence();
    }
    return switch (type.kind) {
      case BOOL -> new ArgumentType.Bool();
      case LONG -> new ArgumentType.Whole();
      case STRING -> new ArgumentType.Text();
      case DECIMAL -> new ArgumentType.Fraction();
      // Cedar has no type for whatever: of a list whose elements do not matter, only they are.
      case SET ->
          new ArgumentType.Many(
              type.element == null ? new ArgumentType.Text() : settled(type.element.found()));
      case RECORD ->
          new ArgumentType.Struct(
              type.members.entrySet().stream()
                  .collect(
                      Collectors.toMap(
                          Map.Entry::getKey, each -> settled(each.getValue().found()))));
      case OTHER -> throw new IllegalStateException("an argument of no type: " + type.path);
    };
  }

  private void is(Kind kind, JsonNode expression) {
    unify(type(expression), Type.of(kind));
  }

  private Type type(JsonNode expression) {
    if (!expression.isObject() || expression.isEmpty()) {
      return Type.of(Kind.OTHER);
    }
    var operator = expression.fieldNames().next();
    var operands = expression.path(operator);
    return switch (operator) {
      case "Value" -> literal(operands);
      case "Var" -> Type.of(Kind.OTHER);
      case "!" -> {
        is(Kind.BOOL, operands.path("arg"));
        yield Type.of(Kind.BOOL);
      }
      case "neg" -> {
        is(Kind.LONG, operands.path("arg"));
        yield Type.of(Kind.LONG);
      }
      case "&&", "||" -> {
        is(Kind.BOOL, operands.path("left"));
        is(Kind.BOOL, operands.path("right"));
        yield Type.of(Kind.BOOL);
      }
      case "==", "!=" -> {
        equal(type(operands.path("left")), type(operands.path("right")));
        yield Type.of(Kind.BOOL);
      }
      case "<", "<=", ">", ">=" -> {
        compare(type(operands.path("left")), type(operands.path("right")));
        yield Type.of(Kind.BOOL);
      }
      case "+", "-", "*" -> {
        is(Kind.LONG, operands.path("left"));
        is(Kind.LONG, operands.path("right"));
        yield Type.of(Kind.LONG);
      }
      case "contains" -> {
        var element = type(operands.path("right")).found();
        isCompared(element);
        unify(type(operands.path("left")), Type.setOf(element));
        yield Type.of(Kind.BOOL);
      }
      case "containsAll", "containsAny" -> {
        var left = type(operands.path("left"));
        unify(left, Type.setOf(new Type()));
        equal(left.found(), type(operands.path("right")));
        yield Type.of(Kind.BOOL);
      }
      case "isEmpty" -> {
        unify(type(operands.path("arg")), Type.setOf(new Type()));
        yield Type.of(Kind.BOOL);
      }
      case "like" -> {
        is(Kind.STRING, operands.path("left"));
        yield Type.of(Kind.BOOL);
      }
      case "." -> {
        var attribute = attribute(operands);
        looked.getLast().add(attribute);
        yield attribute;
      }
      case "has" -> {
        attribute(operands);
        yield Type.of(Kind.BOOL);
      }
      case "getTag" -> {
        is(Kind.STRING, operands.path("right"));
        yield Type.of(Kind.STRING);
      }
      case "hasTag" -> {
        is(Kind.STRING, operands.path("right"));
        yield Type.of(Kind.BOOL);
      }
      case "in" -> {
        type(operands.path("left"));
        type(operands.path("right"));
        yield Type.of(Kind.BOOL);
      }
      case "is" -> Type.of(Kind.BOOL);
      case "if-then-else" -> {
        is(Kind.BOOL, operands.path("if"));
        var then = type(operands.path("then"));
        unify(then, type(operands.path("else")));
        yield then.found();
      }
      case "Set" -> {
        var element = new Type();
        operands.forEach(each -> unify(element, type(each)));
        yield Type.setOf(element);
      }
      case "Record" -> {
        operands.forEach(this::type);
        yield Type.of(Kind.OTHER);
      }
      case "lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual" -> {
        operands.forEach(each -> is(Kind.DECIMAL, each));
        yield Type.of(Kind.BOOL);
      }
      case "decimal" -> Type.of(Kind.DECIMAL);
      case "isIpv4", "isIpv6", "isLoopback", "isMulticast", "isInRange" -> {
        operands.forEach(this::type);
        yield Type.of(Kind.BOOL);
      }
      // Times and durations, and whatever Cedar learns: the validator knows them.
      default -> {
        operands.forEach(this::type);
        yield new Type();
      }
    };
  }

  private static Type literal(JsonNode value) {
    if (value.isBoolean()) {
      return Type.of(Kind.BOOL);
    }
    if (value.isTextual()) {
      return Type.of(Kind.STRING);
    }
    return Type.of(value.isIntegralNumber() ? Kind.LONG : Kind.OTHER);
  }

  private Type attribute(JsonNode access) {
    @Nullable List<String> path = Conditions.path(access);
    if (path == null) {
      type(access.path("left"));
      return new Type();
    }
    if (path.size() < 2 || !path.getFirst().equals("context") || !path.get(1).equals("args")) {
      return known(String.join(".", path));
    }
    var type = arguments;
    for (var name : path.subList(2, path.size())) {
      if (type != arguments) {
        looked.getLast().add(type);
        unify(type, Type.of(Kind.RECORD));
        type = type.found();
      }
      if (name.startsWith("__") || name.chars().anyMatch(Character::isISOControl)) {
        problems.add("no argument is called " + name.replaceAll("\\p{Cntrl}", "?"));
      }
      type = member(type, name);
    }
    return type;
  }

  private static Type known(String path) {
    return switch (path) {
      case "context.risk",
          "context.session.actions",
          "context.session.denials",
          "context.estimate.tokens",
          "context.estimate.cents",
          "context.approval.tier",
          "resource.port" ->
          Type.of(Kind.LONG);
      case "principal.name", "principal.owner", "resource.name" -> Type.of(Kind.STRING);
      case "context.findings",
          "context.session.operations",
          "context.tools.names",
          "context.tools.provider",
          "context.approval.by" ->
          Type.setOf(Type.of(Kind.STRING));
      default -> Type.of(Kind.OTHER);
    };
  }

  private Type member(Type type, String name) {
    var known = type.members.get(name);
    if (known != null) {
      return known.found();
    }
    var member = Type.argument(type.path == null ? name : type.path + "." + name);
    type.members.put(name, member);
    undo.push(() -> type.members.remove(name));
    return member;
  }

  /** Before it is changed. */
  private void keep(Type type) {
    var same = type.same;
    var kind = type.kind;
    var element = type.element;
    boolean used = type.used;
    boolean compared = type.compared;
    undo.push(() -> {
      type.same = same;
      type.kind = kind;
      type.element = element;
      type.used = used;
      type.compared = compared;
    });
  }

  private void isCompared(Type type) {
    keep(type);
    type.compared = true;
  }

  private void equal(Type left, Type right) {
    isCompared(left.found());
    isCompared(right.found());
    unify(left, right);
  }

  private void compare(Type left, Type right) {
    // Times are compared with the same signs; they meet no argument.
    if (left.found().path != null || right.found().path != null) {
      unify(left, Type.of(Kind.LONG));
      unify(right, Type.of(Kind.LONG));
    }
  }

  /** From here on both are the same type, if they can be. */
  private void unify(Type one, Type other) {
    var left = one.found();
    var right = other.found();
    if (left == right) {
      return;
    }
    keep(left);
    keep(right);
    left.used = true;
    right.used = true;
    if (left.kind != null && right.kind != null && left.kind != right.kind) {
      var path = left.path != null ? left.path : right.path;
      // Of anything but arguments the validator speaks better.
      if (path != null) {
        problems.add(
            "context.args.%s is %s in one place and %s in another"
                .formatted(path, left.kind.text, right.kind.text));
      }
      return;
    }
    merge(left.path != null ? left : right, left.path != null ? right : left);
  }

  private void merge(Type kept, Type merged) {
    merged.same = kept;
    kept.compared |= merged.compared;
    if (kept.kind == null) {
      kept.kind = merged.kind;
    }
    var theirs = merged.element;
    if (theirs != null) {
      if (kept.element == null) {
        kept.element = theirs;
      } else {
        unify(kept.element, theirs);
      }
    }
    merged.members.forEach((name, type) -> unify(member(kept, name), type));
    if (kept.path != null && kept.kind == Kind.OTHER) {
      problems.add("context.args." + kept.path + " is compared with " + Kind.OTHER.text);
      kept.kind = null;
    }
  }
}
