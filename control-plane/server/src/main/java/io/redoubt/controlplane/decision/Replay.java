package io.redoubt.controlplane.decision;

import io.redoubt.policy.Facts;
import io.redoubt.policy.PolicyAction;
import io.redoubt.policy.PolicyRequest;
import io.redoubt.policy.PolicyResource;
import io.redoubt.policy.PolicySet;
import io.redoubt.policy.Subject;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.id.AgentId;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Puts recorded actions to two sets of policies, as far as their records tell what policies ask. An
 * action of which something is not known that either set would look at, is not guessed at (G12).
 */
final class Replay {
  /** What holds for every replay. */
  static final List<String> ASSUMPTIONS =
      List.of(
          "The draft is compared with what was published last, whatever decided at the time; each"
              + " example says what was recorded.",
          "Agents are taken with the names, owners and labels that they have now.",
          "Findings are those of the request, and the risk is the one that was recorded.");

  private final PolicySet published;
  private final PolicySet draft;
  private final Map<AgentId, Subject> subjects;
  private final Differences differences = new Differences();
  private final Map<String, Integer> left = new TreeMap<>();
  private int replayed;
  private int unchanged;

  /** Actions that were not replayed, and why. */
  record Left(String why, int count) {}

  /** What came of it. */
  record Result(
      int replayed, int unchanged, List<Differences.Difference> changes, List<Left> notReplayed) {}

  /**
   * A replay.
   *
   * @param subjects the agents that are known
   */
  Replay(PolicySet published, PolicySet draft, Map<AgentId, Subject> subjects) {
    this.published = published;
    this.draft = draft;
    this.subjects = subjects;
  }

  Result run(List<AuditRecord> records) {
    for (var record : records) {
      var why = replay(record);
      why.ifPresent(it -> left.merge(it, 1, Integer::sum));
    }
    return new Result(
        replayed,
        unchanged,
        differences.all(),
        left.entrySet().stream()
            .map(it -> new Left(it.getKey(), it.getValue()))
            .sorted(Comparator.comparingInt(Left::count).reversed())
            .toList());
  }

  /** Why it cannot be; empty: it was. */
  private Optional<String> replay(AuditRecord record) {
    if (record.bundleVersion() == null) {
      return Optional.of("no policy was asked about it");
    }
    var subject = Optional.ofNullable(record.agentId()).map(subjects::get);
    var action = PolicyAction.of(record.operation());
    var name = record.resource();
    var resource =
        name == null
            ? Optional.<PolicyResource>empty()
            : action.flatMap(it -> PolicyResource.of(it, record.connector(), name));
    if (subject.isEmpty()) {
      return Optional.of("its agent is not known any more");
    }
    if (action.isEmpty() || resource.isEmpty()) {
      return Optional.of("policies do not know of such an action");
    }
    var request = new PolicyRequest(subject.get(), action.get(), resource.get(), facts(record));
    var looksAt = new HashSet<>(published.looksAt(request));
    looksAt.addAll(draft.looksAt(request));
    var unknown = unknown(looksAt, action.get(), record);
    if (unknown.isPresent()) {
      return unknown;
    }
    compare(record, request);
    return Optional.empty();
  }

  private void compare(AuditRecord record, PolicyRequest request) {
    var before = published.decide(request);
    var after = draft.decide(request);
    replayed++;
    if (before.verdict() == after.verdict()) {
      unchanged++;
    } else {
      differences.add(
          record, before.verdict(), before.policyIds(), after.verdict(), after.policyIds());
    }
  }

  private static Facts facts(AuditRecord record) {
    var facts =
        Facts.of(record.time(), InetAddress.getLoopbackAddress())
            .withFindings(new HashSet<>(record.findings()));
    var tools = record.tools();
    var told = tools == null ? facts : facts.withTools(tools);
    return record.riskScore() == null ? told : told.withRisk(record.riskScore());
  }

  private static Optional<String> unknown(
      Set<String> looksAt, PolicyAction action, AuditRecord record) {
    return looksAt.stream()
        .sorted()
        .filter(it -> !isKnown(it, action, record))
        .findFirst()
        .map(it ->
            switch (it) {
              case "args" -> "policies ask for its arguments, which records do not hold";
              case "session" ->
                  "policies ask what the agent did before, which its record does not tell";
              case "source_ip" -> "policies ask where it came from, which records do not hold";
              case "tools" ->
                  "policies ask which tools it declares, which its record does not tell";
              case "estimate" -> "policies ask for the estimate, which records do not hold";
              case "approval" -> "it was approved, and policies ask by whom";
              default -> "policies ask for " + it + ", which its record does not hold";
            });
  }

  private static boolean isKnown(String attribute, PolicyAction action, AuditRecord record) {
    return switch (attribute) {
      case "time", "findings" -> true;
      case "risk" -> record.riskScore() != null;
      case "tools" -> action != PolicyAction.LLM_GENERATE || record.tools() != null;
      case "approval" -> record.approvalId() == null;
      case "args" -> action == PolicyAction.LLM_GENERATE; // which has none
      default -> false;
    };
  }
}
