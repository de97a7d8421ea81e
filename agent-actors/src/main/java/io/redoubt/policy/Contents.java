package io.redoubt.policy;

import io.redoubt.content.ContentRules;
import io.redoubt.content.EffectiveContentPolicy;
import io.redoubt.policy.Decision.Alert;
import io.redoubt.policy.Decision.Handling;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.protocol.policy.ContentPolicy.Layer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What content policies make of a decision. They only ever make it stricter: what Cedar denies
 * stays denied, whatever was found.
 */
final class Contents {
  /** Who is asked where a content policy wants something approved. */
  private static final String WORKFLOW = "default";

  private Contents() {}

  static Decision heard(ContentRules rules, PolicyRequest request, Decision decided) {
    if (rules.isEmpty()) {
      return decided;
    }
    var subject = request.subject();
    if (request.resource() instanceof PolicyResource.Model model) {
      var against = rules.against(subject.id(), subject.labels(), model.name());
      if (against.isPresent()) {
        return stricter(
            decided,
            Verdict.DENY,
            List.of(ContentRules.modelsId(against.get().layer())),
            List.of());
      }
    }
    var findings = request.facts().findings();
    return findings == null || findings.isEmpty()
        ? decided
        : handled(rules.of(subject.id(), subject.labels()), request, findings, decided);
  }

  private static Decision handled(
      EffectiveContentPolicy policy,
      PolicyRequest request,
      Set<String> findings,
      Decision decided) {
    var direction =
        request.action() == PolicyAction.LLM_GENERATE ? Direction.REQUEST : Direction.ARGUMENTS;
    boolean approved = request.facts().approval() != null;
    var handlings = new ArrayList<Handling>();
    for (String finding : new TreeSet<>(findings)) {
      var part = policy.part(finding, direction);
      Layer by = part.origin();
      if (by != null && part.action() != ContentAction.ALLOW) {
        handlings.add(new Handling(finding, action(part.action(), direction, approved), by));
      }
    }
    if (strictest(handlings) == ContentAction.BLOCK) {
      return stricter(decided, Verdict.DENY, ids(handlings, ContentAction.BLOCK), handlings);
    }
    return stricter(
        decided,
        strictest(handlings) == ContentAction.REQUIRE_APPROVAL ? Verdict.ESCALATE : Verdict.PERMIT,
        ids(handlings, ContentAction.REQUIRE_APPROVAL),
        handlings);
  }

  /** What was approved is reported, and arguments are never changed. */
  private static ContentAction action(ContentAction wanted, Direction direction, boolean approved) {
    if (wanted == ContentAction.REQUIRE_APPROVAL && approved) {
      return ContentAction.ALERT;
    }
    return wanted == ContentAction.REDACT && direction == Direction.ARGUMENTS
        ? ContentAction.BLOCK
        : wanted;
  }

  private static ContentAction strictest(List<Handling> handlings) {
    var strictest = ContentAction.ALLOW;
    for (var each : handlings) {
      strictest = strictest.orStricter(each.action());
    }
    return strictest;
  }

  private static List<String> ids(List<Handling> handlings, ContentAction action) {
    return handlings.stream()
        .filter(each -> each.action() == action)
        .map(each -> ContentRules.contentId(each.by()))
        .distinct()
        .toList();
  }

  private static Decision stricter(
      Decision decided, Verdict verdict, List<String> ids, List<Handling> handlings) {
    if (!decided.errors().isEmpty() || isStricter(decided.verdict(), verdict)) {
      return decided;
    }
    boolean same = decided.verdict() == verdict && verdict != Verdict.PERMIT;
    var policies = new ArrayList<String>();
    if (same || verdict == Verdict.PERMIT) {
      policies.addAll(decided.policyIds());
    }
    policies.addAll(ids);
    var workflows = new ArrayList<>(decided.workflows());
    if (verdict == Verdict.ESCALATE) {
      handlings.stream()
          .filter(each -> each.action() == ContentAction.REQUIRE_APPROVAL)
          .map(each -> each.by() == Layer.PLATFORM ? Floor.PREFIX + WORKFLOW : WORKFLOW)
          .distinct()
          .filter(each -> !workflows.contains(each))
          .forEach(workflows::add);
    }
    var alerts = new ArrayList<>(decided.alerts());
    handlings.stream()
        .filter(each -> each.action() == ContentAction.ALERT)
        .forEach(each ->
            alerts.add(
                new Alert(ContentRules.contentId(each.by()), each.finding() + " was found")));
    return new Decision(
        verdict,
        policies,
        verdict == Verdict.ESCALATE ? workflows : List.of(),
        alerts,
        decided.shadow(),
        decided.errors(),
        handlings);
  }

  private static boolean isStricter(Verdict one, Verdict other) {
    return strictness(one) > strictness(other);
  }

  private static int strictness(Verdict verdict) {
    return switch (verdict) {
      case PERMIT -> 0;
      case ESCALATE -> 1;
      case DENY -> 2;
    };
  }
}
