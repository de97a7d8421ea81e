package io.redoubt.controlplane.policy;

import io.redoubt.controlplane.operator.Checks;
import io.redoubt.policy.RiskLevel;
import io.redoubt.policy.Rule;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A rule without its name, as it is put and kept. What is left out matches anything. */
record RuleBody(
    @Nullable Integer priority,
    Rule.@Nullable Access access,
    @Nullable String connector,
    @Nullable String operation,
    @Nullable AgentId agentId,
    @Nullable String group,
    @Nullable List<@Nullable RiskLevel> risk,
    @Nullable Verdict verdict,
    @Nullable String workflow) {
  private static final String TEXT =
      "has 1 to " + Rule.MAX_LENGTH + " characters, none of them control characters";

  static RuleBody of(Rule rule) {
    return new RuleBody(
        rule.priority(),
        rule.access(),
        rule.connector(),
        rule.operation(),
        rule.agent(),
        rule.group(),
        rule.risk().stream().sorted().toList(),
        rule.verdict(),
        rule.workflow());
  }

  /** As a rule of that name, or 422 with all that is wrong. */
  Rule checked(String name) {
    new Checks()
        .require(
            Rule.isName(name),
            "name",
            "has 1 to 50 lower-case letters, digits, dots, dashes and underscores")
        .require(
            priority != null && priority >= 1, "/priority", "is needed: a whole number from 1 on")
        .require(Rule.isText(connector), "/connector", TEXT)
        .require(Rule.isText(operation), "/operation", TEXT)
        .require(
            Rule.isText(group) && (group == null || group.indexOf('=') > 0),
            "/group",
            "is a label, written key=value")
        .require(
            agentId == null || group == null,
            "/group",
            "cannot be together with agent_id: a rule is about one agent or about a group")
        .require(
            risk == null || risk.stream().allMatch(Objects::nonNull),
            "/risk",
            "has levels: low, medium, high, critical")
        .require(verdict != null, "/verdict", "is needed: permit, escalate or deny")
        .require(
            workflow == null || verdict == Verdict.ESCALATE,
            "/workflow",
            "belongs to a rule that escalates")
        .require(
            workflow == null || Rule.isName(workflow),
            "/workflow",
            "has 1 to 50 lower-case letters, digits, dots, dashes and underscores")
        .done();
    return rule(name);
  }

  /** One that was checked when it was put. */
  Rule rule(String name) {
    return new Rule(
        name,
        Objects.requireNonNull(priority),
        access,
        connector,
        operation,
        agentId,
        group,
        levels(),
        Objects.requireNonNull(verdict),
        workflow);
  }

  private Set<RiskLevel> levels() {
    return Optional.ofNullable(risk).orElse(List.of()).stream()
        .map(Objects::requireNonNull)
        .collect(Collectors.toSet());
  }
}
