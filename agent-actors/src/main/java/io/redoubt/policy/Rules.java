package io.redoubt.policy;

import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.policy.PolicyDocument;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Rules as Cedar. Cedar knows no order, so each rule is a policy that says when it is the first to
 * match: its own condition, unless one of those before it matches.
 */
public final class Rules {
  /** Most rules of an organization. */
  public static final int MAX_RULES = 200;

  /** Reads are permitted and writes ask, for whatever no rule before these matches. */
  public static final List<Rule> DEFAULTS =
      List.of(
          fallback("default-reads", 1_000_000, Rule.Access.READ, Verdict.PERMIT),
          fallback("default-writes", 1_000_001, Rule.Access.WRITE, Verdict.ESCALATE));

  /** Most characters of all rules together, compiled: each says of which others it comes after. */
  public static final int MAX_COMPILED = 1 << 21;

  /** How the documents are named that rules are compiled to. */
  public static final String PREFIX = "rule.";

  private Rules() {}

  private static Rule fallback(String name, int priority, Rule.Access access, Verdict verdict) {
    return new Rule(name, priority, access, null, null, null, null, Set.of(), verdict, null);
  }

  /**
   * A rule that never decides, since one of others always does before it.
   *
   * @param by at least one, in their order
   */
  public record Shadowed(Rule rule, List<Rule> by) {
    public Shadowed {
      by = List.copyOf(by);
    }
  }

  /** Rules that can be left out, for a warning. */
  public static List<Shadowed> shadowed(List<Rule> rules) {
    var ordered = ordered(rules);
    var shadowed = new ArrayList<Shadowed>();
    for (int i = 1; i < ordered.size(); i++) {
      var rule = ordered.get(i);
      var by = rule.coveredBy(ordered.subList(0, i));
      if (!by.isEmpty()) {
        shadowed.add(new Shadowed(rule, by));
      }
    }
    return shadowed;
  }

  /**
   * One document for each rule, named {@code rule.} and the rule's name.
   *
   * @throws IllegalArgumentException if two rules have a name or a priority in common, or there are
   *     too many, or what they are compiled to is too long
   */
  public static List<PolicyDocument> compile(List<Rule> rules) {
    if (rules.size() > MAX_RULES) {
      throw new IllegalArgumentException("more than " + MAX_RULES + " rules");
    }
    var ordered = ordered(rules);
    var documents = new ArrayList<PolicyDocument>();
    int length = 0;
    for (int i = 0; i < ordered.size(); i++) {
      var rule = ordered.get(i);
      var earlier = ordered.subList(0, i).stream().filter(rule::mayMeet).toList();
      var cedar = cedar(rule, earlier);
      length += cedar.length();
      if (cedar.length() > PolicyDocument.MAX_LENGTH || length > MAX_COMPILED) {
        throw new IllegalArgumentException(
            "too many long rules may meet in one operation: name connectors, or fewer patterns");
      }
      documents.add(new PolicyDocument(PREFIX + rule.name(), cedar));
    }
    return documents;
  }

  private static List<Rule> ordered(List<Rule> rules) {
    var names = new HashSet<String>();
    var priorities = new HashSet<Integer>();
    for (var rule : rules) {
      if (!names.add(rule.name()) || !priorities.add(rule.priority())) {
        throw new IllegalArgumentException(
            "two rules are called %s or have priority %d".formatted(rule.name(), rule.priority()));
      }
    }
    return rules.stream().sorted(Comparator.comparingInt(Rule::priority)).toList();
  }

  private static String cedar(Rule rule, List<Rule> earlier) {
    var body = scope(rule) + when(rule) + unless(earlier);
    return switch (rule.verdict()) {
      case PERMIT -> "permit " + body + ";\n";
      case DENY -> "forbid " + body + ";\n";
      case ESCALATE ->
          """
          @escalate(%s)
          forbid %s
          unless { context has approval };

          @id("permit")
          permit %s;
          """
              .formatted(quoted(rule.workflow() == null ? "default" : rule.workflow()), body, body);
    };
  }

  private static String scope(Rule rule) {
    return "(%s, %s, %s)".formatted(principal(rule), action(rule), resource(rule));
  }

  private static String principal(Rule rule) {
    if (rule.agent() != null) {
      return "principal == Agent::" + quoted(rule.agent().toString());
    }
    return rule.group() == null ? "principal" : "principal in AgentGroup::" + quoted(rule.group());
  }

  private static String action(Rule rule) {
    return rule.access() == null
        ? "action in [Action::\"connector:read\", Action::\"connector:write\"]"
        : "action == Action::" + quoted(rule.access().action().id());
  }

  private static String resource(Rule rule) {
    return rule.connector() == null
        ? "resource"
        : "resource in Connector::" + quoted(rule.connector());
  }

  private static String when(Rule rule) {
    var own = new ArrayList<String>();
    operation(rule, own);
    risk(rule, own);
    return own.isEmpty() ? "" : "\nwhen { " + String.join(" && ", own) + " }";
  }

  private static String unless(List<Rule> earlier) {
    return earlier.stream()
        .map(each -> "\nunless { " + whole(each) + " }")
        .collect(Collectors.joining());
  }

  /** Whether a rule matches, all of it, as one expression. */
  private static String whole(Rule rule) {
    var all = new ArrayList<String>();
    if (rule.agent() != null || rule.group() != null) {
      all.add(principal(rule));
    }
    if (rule.access() != null) {
      all.add(action(rule));
    }
    if (rule.connector() != null) {
      all.add(resource(rule));
    }
    operation(rule, all);
    risk(rule, all);
    return all.isEmpty() ? "true" : String.join(" && ", all);
  }

  private static void operation(Rule rule, List<String> conditions) {
    var operation = rule.operation();
    if (operation != null && !operation.equals("*")) {
      conditions.add(
          "resource.name " + (Rule.isPattern(operation) ? "like " : "== ") + quoted(operation));
    }
  }

  private static void risk(Rule rule, List<String> conditions) {
    if (!rule.risk().isEmpty()) {
      conditions.add(
          rule.risk().stream()
              .sorted()
              .map(RiskLevel::cedar)
              .collect(Collectors.joining(" || ", "(", ")")));
    }
  }

  /** A string literal; a star is left alone, since it is meant where it stands. */
  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
