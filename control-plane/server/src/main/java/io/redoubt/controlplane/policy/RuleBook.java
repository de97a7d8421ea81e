package io.redoubt.controlplane.policy;

import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.policy.DraftParts.Part;
import io.redoubt.policy.Rule;
import io.redoubt.policy.Rules;
import io.redoubt.protocol.policy.PolicyDocument;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The rules of the draft. They decide nothing until they are published, as Cedar like the rest. */
final class RuleBook {
  private final DraftParts<RuleBody> parts =
      new DraftParts<>("rule", RuleBody.class, Rules.MAX_RULES);

  /** In the order in which they are asked. */
  List<RuleEntry> list(Transaction transaction) {
    return entries(parts.all(transaction));
  }

  Optional<RuleEntry> find(Transaction transaction, String name) {
    return named(list(transaction), name);
  }

  /** What a publication would take. */
  List<PolicyDocument> documents(Transaction transaction) {
    return Rules.compile(rules(parts.all(transaction)));
  }

  /** Rules that never decide, for people. */
  List<String> warnings(Transaction transaction) {
    return Rules.shadowed(rules(parts.all(transaction))).stream()
        .map(it ->
            "rule %s never decides: whatever it matches, %s before it decides"
                .formatted(
                    it.rule().name(),
                    (it.by().size() == 1 ? "rule " : "one of the rules ") + names(it.by())))
        .toList();
  }

  /** New or changed. The caller has locked the organization. */
  RuleEntry put(Change change, Rule rule) {
    requirePlace(change, rule);
    parts.put(change, rule.name(), RuleBody.of(rule));
    return named(entries(parts.all(change)), rule.name()).orElseThrow();
  }

  private void requirePlace(Change change, Rule rule) {
    parts.all(change).stream()
        .filter(it -> !it.name().equals(rule.name()))
        .filter(it -> it.body().rule(it.name()).priority() == rule.priority())
        .findFirst()
        .ifPresent(other -> {
          throw ProblemException.of(
              ErrorType.CONFLICT,
              "Rule " + other.name() + " has priority " + rule.priority() + " already.");
        });
  }

  void delete(Change change, RuleEntry rule) {
    parts.delete(change, rule.name());
  }

  private static Optional<RuleEntry> named(List<RuleEntry> entries, String name) {
    return entries.stream().filter(it -> it.name().equals(name)).findFirst();
  }

  private static List<Rule> rules(List<Part<RuleBody>> kept) {
    return kept.stream().map(it -> it.body().rule(it.name())).toList();
  }

  private static List<RuleEntry> entries(List<Part<RuleBody>> kept) {
    var rules = rules(kept);
    var shadowed = Rules.shadowed(rules);
    var cedar =
        compile(rules).stream()
            .collect(Collectors.toMap(PolicyDocument::name, PolicyDocument::cedar));
    return kept.stream()
        .map(it ->
            RuleEntry.of(
                it,
                shadowed.stream()
                    .filter(each -> each.rule().name().equals(it.name()))
                    .map(each -> names(each.by()))
                    .findFirst()
                    .orElse(null),
                shadowed.stream()
                    .filter(each -> each.by().stream().anyMatch(by -> by.name().equals(it.name())))
                    .map(each -> each.rule().name())
                    .toList(),
                cedar.getOrDefault(Rules.PREFIX + it.name(), "")))
        .sorted(Comparator.comparingInt(RuleEntry::priority))
        .toList();
  }

  private static String names(List<Rule> rules) {
    return rules.stream().map(Rule::name).collect(Collectors.joining(", "));
  }

  private static List<PolicyDocument> compile(List<Rule> rules) {
    try {
      return Rules.compile(rules);
    } catch (IllegalArgumentException e) {
      throw ProblemException.of(ErrorType.CONFLICT, String.valueOf(e.getMessage()));
    }
  }
}
