package io.redoubt.policy;

import io.redoubt.policy.Panel.Hearing;
import io.redoubt.protocol.audit.Verdict;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What follows from what policies said, in Cedar's order: an error denies, any forbid wins, and
 * without a permit nothing goes. Only where every forbid is one that a workflow may lift, and
 * something permits, is the workflow asked.
 */
record Ruling(
    Verdict verdict,
    List<String> policyIds,
    List<String> workflows,
    List<Decision.Alert> alerts,
    List<String> errors) {

  static Ruling of(List<CompiledPolicy> policies, Question question, List<Hearing> hearings) {
    var errors = errors(policies, hearings);
    if (!errors.isEmpty()) {
      var failed =
          hearings.stream()
              .flatMap(each -> each.errors().keySet().stream())
              .filter(each -> each >= 0)
              .collect(Collectors.toCollection(TreeSet::new));
      return ruling(policies, Verdict.DENY, failed, List.of(), errors);
    }
    var forbids = new TreeSet<Integer>();
    hearings.forEach(each -> forbids.addAll(each.forbids()));
    if (!forbids.isEmpty()) {
      var workflows = workflows(policies, forbids);
      boolean escalates =
          forbids.stream().allMatch(each -> policies.get(each).escalate() != null)
              && hearings.stream()
                  .anyMatch(each -> !each.permitsBeside(forbids, question).isEmpty());
      return escalates
          ? ruling(policies, Verdict.ESCALATE, forbids, workflows, List.of())
          : ruling(policies, Verdict.DENY, forbids, List.of(), List.of());
    }
    var permits = new TreeSet<Integer>();
    hearings.forEach(each -> permits.addAll(each.permits()));
    return ruling(
        policies, permits.isEmpty() ? Verdict.DENY : Verdict.PERMIT, permits, List.of(), List.of());
  }

  private static List<String> errors(List<CompiledPolicy> policies, List<Hearing> hearings) {
    var errors = new ArrayList<String>();
    for (var hearing : hearings) {
      hearing
          .errors()
          .forEach((number, why) ->
              errors.add(number < 0 ? why : policies.get(number).id() + ": " + why));
    }
    return errors;
  }

  private static List<String> workflows(List<CompiledPolicy> policies, Set<Integer> forbids) {
    return forbids.stream()
        .map(each -> policies.get(each).escalate())
        .filter(Objects::nonNull)
        .distinct()
        .toList();
  }

  private static Ruling ruling(
      List<CompiledPolicy> policies,
      Verdict verdict,
      Collection<Integer> decisive,
      List<String> workflows,
      List<String> errors) {
    var ids = new ArrayList<String>();
    var alerts = new ArrayList<Decision.Alert>();
    for (int each : decisive) {
      var policy = policies.get(each);
      ids.add(policy.id());
      if (policy.alert() != null) {
        alerts.add(new Decision.Alert(policy.id(), policy.alert()));
      }
    }
    return new Ruling(verdict, ids, workflows, alerts, errors);
  }
}
