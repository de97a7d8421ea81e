package io.redoubt.controlplane.policy;

import io.redoubt.policy.RiskLevel;
import io.redoubt.policy.Rule;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A rule of the draft, as operators see it.
 *
 * @param shadowedBy earlier rules, of which one decides wherever this one could, so that it never
 *     does; their names with commas between
 * @param shadows later rules that never decide because of this one
 * @param cedar what it is compiled to, as things stand
 */
record RuleEntry(
    String name,
    int priority,
    Rule.@Nullable Access access,
    @Nullable String connector,
    @Nullable String operation,
    @Nullable AgentId agentId,
    @Nullable String group,
    List<RiskLevel> risk,
    Verdict verdict,
    @Nullable String workflow,
    @Nullable String shadowedBy,
    List<String> shadows,
    String cedar,
    long version,
    String updatedBy,
    Instant createdAt,
    Instant updatedAt) {

  static RuleEntry of(
      DraftParts.Part<RuleBody> part,
      @Nullable String shadowedBy,
      List<String> shadows,
      String cedar) {
    var rule = part.body().rule(part.name());
    return new RuleEntry(
        rule.name(),
        rule.priority(),
        rule.access(),
        rule.connector(),
        rule.operation(),
        rule.agent(),
        rule.group(),
        rule.risk().stream().sorted().toList(),
        rule.verdict(),
        rule.workflow(),
        shadowedBy,
        shadows,
        cedar,
        part.version(),
        part.updatedBy(),
        part.createdAt(),
        part.updatedAt());
  }
}
