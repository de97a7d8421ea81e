package io.redoubt.content;

import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.protocol.policy.ContentPolicy.Layer;
import io.redoubt.protocol.policy.ContentPolicy.Rule;
import io.redoubt.protocol.policy.CustomPattern;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What holds for one agent when every layer has spoken: the lowest layer that says something has
 * its way, but never below a floor of its own or of a layer above.
 */
public final class EffectiveContentPolicy {
  /** Of a detector that nobody speaks of. */
  public static final ContentAction DEFAULT = ContentAction.ALLOW;

  /**
   * What is done about the findings of one detector in one direction.
   *
   * @param origin the layer that says so; null: nobody does
   * @param overruled the layer that wanted something milder and came up against a floor; null: none
   */
  public record Part(
      String detector,
      Direction direction,
      ContentAction action,
      @Nullable Layer origin,
      @Nullable Layer overruled) {}

  /**
   * Something that a layer may not say, or that says nothing.
   *
   * @param milder whether it is below a floor
   */
  public record Problem(Layer layer, String pointer, String detail, boolean milder) {
    Problem(Layer layer, String pointer, String detail) {
      this(layer, pointer, detail, false);
    }
  }

  private static final Set<String> BUILT_IN =
      Arrays.stream(Detector.values()).map(Detector::code).collect(Collectors.toUnmodifiableSet());
  private static final Set<String> CATEGORIES =
      Arrays.stream(Category.values()).map(Category::code).collect(Collectors.toUnmodifiableSet());

  private final Map<Layer, ContentPolicy> layers;
  private final Map<String, Map<Direction, Part>> parts;
  private final List<CustomPattern> patterns;
  private final Set<Direction> enforced = EnumSet.noneOf(Direction.class);

  private EffectiveContentPolicy(
      Map<Layer, ContentPolicy> layers,
      Map<String, Map<Direction, Part>> parts,
      List<CustomPattern> patterns) {
    this.layers = layers;
    this.parts = parts;
    this.patterns = List.copyOf(patterns);
    parts().stream()
        .filter(part -> part.action().compareTo(ContentAction.ALERT) > 0)
        .forEach(part -> enforced.add(part.direction()));
  }

  /** Layers that are not there say nothing. */
  public static EffectiveContentPolicy of(Map<Layer, ContentPolicy> layers) {
    var ordered = new EnumMap<Layer, ContentPolicy>(Layer.class);
    ordered.putAll(layers);
    var parts = new TreeMap<String, Map<Direction, Part>>();
    for (Detector detector : Detector.values()) {
      parts.put(detector.code(), all(ordered, detector.code(), detector.category()));
    }
    var patterns = new ArrayList<CustomPattern>();
    for (ContentPolicy policy : ordered.values()) {
      for (CustomPattern pattern : policy.patterns()) {
        // The name belongs to the highest layer that uses it.
        if (!parts.containsKey(pattern.name())) {
          patterns.add(pattern);
          parts.put(pattern.name(), all(ordered, pattern.name(), Category.CUSTOM));
        }
      }
    }
    return new EffectiveContentPolicy(ordered, parts, patterns);
  }

  private static Map<Direction, Part> all(
      Map<Layer, ContentPolicy> layers, String detector, Category category) {
    var all = new EnumMap<Direction, Part>(Direction.class);
    for (Direction direction : Direction.values()) {
      all.put(direction, part(layers, detector, category.code(), direction));
    }
    return all;
  }

  private static Part part(
      Map<Layer, ContentPolicy> layers, String detector, String category, Direction direction) {
    ContentAction action = DEFAULT;
    ContentAction floor = DEFAULT;
    Layer origin = null;
    Layer floorOf = null;
    Layer overruled = null;
    for (var entry : layers.entrySet()) {
      Layer layer = entry.getKey();
      var rules = rules(entry.getValue(), detector, category, direction);
      for (Rule rule : rules) {
        if (rule.floor() && rule.action().compareTo(floor) > 0) {
          floor = rule.action();
          floorOf = layer;
        }
      }
      if (rules.isEmpty()) {
        continue;
      }
      ContentAction wanted = rules.getFirst().action();
      if (wanted.compareTo(floor) < 0) {
        action = floor;
        origin = floorOf;
        overruled = layer;
      } else {
        action = wanted;
        origin = layer;
        overruled = null;
      }
    }
    return new Part(detector, direction, action, origin, overruled);
  }

  /** What a layer says of a detector, the most particular first. Of two alike the stricter goes. */
  private static List<Rule> rules(
      ContentPolicy policy, String detector, String category, Direction direction) {
    var rules = new ArrayList<Rule>();
    for (String subject : List.of(detector, category)) {
      policy.rules().stream()
          .filter(rule -> rule.subject().equals(subject) && rule.in().contains(direction))
          .sorted((one, other) -> other.action().compareTo(one.action()))
          .forEach(rules::add);
    }
    return rules;
  }

  /**
   * Why these layers may not be published together: rules below a floor, of unknown subjects, said
   * twice, and names that are taken. Of layers that have no problem, no part is overruled.
   */
  public static List<Problem> problems(Map<Layer, ContentPolicy> layers) {
    var problems = new ArrayList<Problem>();
    var above = new EnumMap<Layer, ContentPolicy>(Layer.class);
    for (Layer layer : Layer.values()) {
      ContentPolicy policy = layers.get(layer);
      if (policy != null) {
        above.put(layer, policy);
        namesTaken(layer, above, problems);
        for (int i = 0; i < policy.rules().size(); i++) {
          check(layer, policy, i, above, problems);
        }
      }
    }
    return problems;
  }

  private static void namesTaken(
      Layer layer, Map<Layer, ContentPolicy> layers, List<Problem> problems) {
    Set<String> taken = new HashSet<>();
    layers.forEach((each, policy) -> {
      for (int i = 0; i < policy.patterns().size(); i++) {
        if (!taken.add(policy.patterns().get(i).name()) && each == layer) {
          problems.add(
              new Problem(layer, "/patterns/" + i + "/name", "another pattern has this name"));
        }
      }
    });
  }

  /** Whether a detector, of the layer or built in, or a category has this name. */
  static boolean knows(ContentPolicy policy, String subject) {
    return BUILT_IN.contains(subject)
        || CATEGORIES.contains(subject)
        || policy.patterns().stream().anyMatch(each -> each.name().equals(subject));
  }

  private static void check(
      Layer layer,
      ContentPolicy policy,
      int index,
      Map<Layer, ContentPolicy> layers,
      List<Problem> problems) {
    Rule rule = policy.rules().get(index);
    String pointer = "/rules/" + index;
    if (layers.values().stream().noneMatch(each -> knows(each, rule.subject()))) {
      problems.add(
          new Problem(
              layer, pointer + "/subject", "no detector and no category: " + rule.subject()));
      return;
    }
    if (rule.in().isEmpty()) {
      problems.add(new Problem(layer, pointer + "/in", "holds in no direction"));
    }
    if (rule.action() == ContentAction.REDACT && rule.in().contains(Direction.ARGUMENTS)) {
      problems.add(
          new Problem(
              layer,
              pointer + "/action",
              "arguments of a call are not changed: block it, or have it approved"));
    }
    for (int i = 0; i < index; i++) {
      Rule other = policy.rules().get(i);
      if (other.subject().equals(rule.subject())
          && other.in().stream().anyMatch(rule.in()::contains)) {
        problems.add(new Problem(layer, pointer, "says again what rule " + i + " says"));
      }
    }
    var floor = floorAgainst(rule, layers);
    if (floor != null) {
      problems.add(
          new Problem(
              layer,
              pointer + "/action",
              "milder than the floor of layer "
                  + floor.name().toLowerCase(Locale.ROOT)
                  + " for "
                  + rule.subject(),
              true));
    }
  }

  /** The layer, of those given, whose floor a rule would fall below for anything it speaks of. */
  private static @Nullable Layer floorAgainst(Rule rule, Map<Layer, ContentPolicy> layers) {
    for (var entry : layers.entrySet()) {
      for (Rule floor : entry.getValue().rules()) {
        if (floor.floor()
            && rule.action().compareTo(floor.action()) < 0
            && floor.in().stream().anyMatch(rule.in()::contains)
            && isPartOf(rule.subject(), floor.subject(), layers)) {
          return entry.getKey();
        }
      }
    }
    return null;
  }

  /** Whether what is said of a subject concerns what a floor is about. */
  private static boolean isPartOf(String subject, String floor, Map<Layer, ContentPolicy> layers) {
    return subject.equals(floor) || categoryOf(subject, layers).equals(floor);
  }

  private static String categoryOf(String subject, Map<Layer, ContentPolicy> layers) {
    if (layers.values().stream()
        .flatMap(policy -> policy.patterns().stream())
        .anyMatch(pattern -> pattern.name().equals(subject))) {
      return Category.CUSTOM.code();
    }
    return Arrays.stream(Detector.values())
        .filter(detector -> detector.code().equals(subject))
        .map(detector -> detector.category().code())
        .findFirst()
        .orElse(subject);
  }

  /** Every part, with where it comes from; by detector, then direction. */
  public List<Part> parts() {
    return parts.values().stream().flatMap(all -> all.values().stream()).toList();
  }

  /** What all layers look for beside everything built in. */
  public List<CustomPattern> patterns() {
    return patterns;
  }

  /** Whether anything in this direction may be changed, held up or refused. */
  public boolean enforces(Direction direction) {
    return enforced.contains(direction);
  }

  /**
   * What is done about a finding, and who says so. One of a detector that is not known here counts
   * as its category.
   *
   * @param code category and detector, such as {@code pii:email}
   */
  public Part part(String code, Direction direction) {
    int colon = code.indexOf(':');
    String detector = code.substring(colon + 1);
    var all = parts.get(detector);
    var known = all == null ? null : all.get(direction);
    return known == null
        ? part(layers, detector, code.substring(0, Math.max(0, colon)), direction)
        : known;
  }

  public ContentAction action(String code, Direction direction) {
    return part(code, direction).action();
  }
}
