package io.redoubt.policy;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A rule about connector operations, for people who do not write Cedar. Of all rules that match an
 * operation, the one of the lowest priority number decides. What is null or empty matches anything.
 *
 * @param name unique; at most 50 lower-case letters, digits, dots, dashes and underscores
 * @param priority from 1; no two rules have the same
 * @param access whether the operation reads or writes
 * @param connector the connector's name
 * @param operation the operation's name, in which {@code *} stands for any run of characters
 * @param agent one agent
 * @param group agents with a label, {@code key=value}
 * @param risk levels of the action's risk
 * @param workflow whose approval is asked, where the verdict is ESCALATE
 */
public record Rule(
    String name,
    int priority,
    @Nullable Access access,
    @Nullable String connector,
    @Nullable String operation,
    @Nullable AgentId agent,
    @Nullable String group,
    Set<RiskLevel> risk,
    Verdict verdict,
    @Nullable String workflow) {
  /** Longest of the texts in a rule. */
  public static final int MAX_LENGTH = 200;

  /** A control character. */
  private static final char NO_NAME_HAS = '\u0001';

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,49}");

  /** What an operation does to the world. */
  public enum Access {
    READ(PolicyAction.CONNECTOR_READ),
    WRITE(PolicyAction.CONNECTOR_WRITE);

    private final PolicyAction action;

    Access(PolicyAction action) {
      this.action = action;
    }

    PolicyAction action() {
      return action;
    }

    @JsonValue
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Access of(String wire) {
      for (var each : values()) {
        if (each.wire().equals(wire)) {
          return each;
        }
      }
      throw new IllegalArgumentException("is read or write");
    }
  }

  public Rule {
    risk = risk.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(risk));
    check(isName(name), "a rule's name is 1 to 50 of a-z, 0-9, dot, dash, underscore");
    check(priority >= 1, "priorities begin at 1");
    check(
        isText(connector) && isText(operation) && isText(group),
        "a text that is too long or not plain");
    check(agent == null || group == null, "a rule is about one agent or about a group, not both");
    check(group == null || group.indexOf('=') > 0, "a group is written key=value");
    check(
        workflow == null || verdict == Verdict.ESCALATE,
        "only a rule that escalates names a workflow");
    check(workflow == null || isName(workflow), "not the name of a workflow");
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  /** Whether a rule, or a workflow that it asks, may be called so. */
  public static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  /**
   * Whether it may name a connector, an operation or a group: 1 to {@value #MAX_LENGTH} characters,
   * without control characters, or nothing at all.
   */
  public static boolean isText(@Nullable String text) {
    return text == null
        || (!text.isEmpty()
            && text.length() <= MAX_LENGTH
            && text.codePoints()
                .noneMatch(
                    c -> Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE));
  }

  /**
   * Those among earlier rules that leave nothing for it to decide, in their order; empty: it does
   * decide, of some operation.
   *
   * <p>Reads and writes and each level of risk may be taken by different ones. Of connectors,
   * agents and operations there are more than rules can name, so there one of them takes all or
   * something is left: a name that no rule has.
   */
  List<Rule> coveredBy(List<Rule> earlier) {
    var covering = new LinkedHashSet<Rule>();
    for (var kind : access == null ? EnumSet.allOf(Access.class) : EnumSet.of(access)) {
      for (var level : risk.isEmpty() ? EnumSet.allOf(RiskLevel.class) : EnumSet.copyOf(risk)) {
        var first = earlier.stream().filter(each -> each.takesAll(kind, level, this)).findFirst();
        if (first.isEmpty()) {
          return List.of();
        }
        covering.add(first.get());
      }
    }
    return earlier.stream().filter(covering::contains).toList();
  }

  /** Whether it matches whatever the other matches of that access and risk. */
  private boolean takesAll(Access kind, RiskLevel level, Rule other) {
    return (access == null || access == kind)
        && (risk.isEmpty() || risk.contains(level))
        && (connector == null || connector.equals(other.connector))
        && (agent == null || agent.equals(other.agent))
        && (group == null || group.equals(other.group))
        && takesOperations(other.operation);
  }

  /**
   * Whether it matches every operation that a pattern does. It is enough to try one, with something
   * for each star that no pattern can name: only a star of its own matches that, and would match
   * anything in its place.
   */
  private boolean takesOperations(@Nullable String pattern) {
    return operation == null || globs((pattern == null ? "*" : pattern).replace('*', NO_NAME_HAS));
  }

  /** Whether there may be an operation that both match. */
  boolean mayMeet(Rule other) {
    return meet(access, other.access)
        && meet(connector, other.connector)
        && (isPattern(operation) || isPattern(other.operation) || meet(operation, other.operation))
        && meet(agent, other.agent)
        && !sameKeyOnly(group, other.group)
        && (risk.isEmpty() || other.risk.isEmpty() || risk.stream().anyMatch(other.risk::contains));
  }

  /** An agent has one value for each of its labels. */
  private static boolean sameKeyOnly(@Nullable String one, @Nullable String other) {
    return one != null && other != null && !one.equals(other) && key(one).equals(key(other));
  }

  private static String key(String group) {
    return group.substring(0, group.indexOf('='));
  }

  private static boolean meet(@Nullable Object one, @Nullable Object other) {
    return one == null || other == null || Objects.equals(one, other);
  }

  static boolean isPattern(@Nullable String operation) {
    return operation != null && operation.indexOf('*') >= 0;
  }

  private boolean globs(String name) {
    var parts = Objects.requireNonNull(operation).split("\\*", -1);
    if (parts.length == 1) {
      return name.equals(operation);
    }
    int at = parts[0].length();
    if (!name.startsWith(parts[0])) {
      return false;
    }
    for (int i = 1; i < parts.length - 1; i++) {
      int found = name.indexOf(parts[i], at);
      if (found < 0) {
        return false;
      }
      at = found + parts[i].length();
    }
    var last = parts[parts.length - 1];
    return name.length() - last.length() >= at && name.endsWith(last);
  }
}
