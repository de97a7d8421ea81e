package io.redoubt.proxy.inspect;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What one layer wants done about findings, and what it looks for beside everything built in.
 *
 * @param rules one for each subject and direction at most
 */
public record ContentPolicy(List<Rule> rules, List<CustomPattern> patterns) {
  /** Says nothing. */
  public static final ContentPolicy EMPTY = new ContentPolicy(List.of(), List.of());

  private static final Set<String> BUILT_IN =
      Arrays.stream(Detector.values()).map(Detector::code).collect(Collectors.toUnmodifiableSet());
  private static final Set<String> CATEGORIES =
      Arrays.stream(Category.values()).map(Category::code).collect(Collectors.toUnmodifiableSet());

  public ContentPolicy {
    rules = List.copyOf(rules);
    patterns = List.copyOf(patterns);
  }

  /** Who speaks, from the one nobody overrules. */
  public enum Layer {
    @JsonProperty("platform")
    PLATFORM,
    @JsonProperty("organization")
    ORGANIZATION,
    @JsonProperty("agent")
    AGENT
  }

  /** Which way a text goes. */
  public enum Direction {
    @JsonProperty("request")
    REQUEST,
    @JsonProperty("reply")
    REPLY
  }

  /**
   * What is done about one kind of finding.
   *
   * @param subject a detector such as {@code email}, or a category such as {@code pii}; what is
   *     said of a detector goes before what is said of its category
   * @param in which way
   * @param floor whether no layer below may want anything milder
   */
  public record Rule(String subject, Set<Direction> in, ContentAction action, boolean floor) {
    public Rule {
      in = Set.copyOf(in);
    }
  }

  /** Whether a detector, here or built in, or a category has this name. */
  boolean knows(String subject) {
    return BUILT_IN.contains(subject)
        || CATEGORIES.contains(subject)
        || patterns.stream().anyMatch(each -> each.name().equals(subject));
  }
}
