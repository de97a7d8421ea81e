package io.redoubt.agent;

import io.redoubt.action.Act;
import io.redoubt.action.GovernedAction;
import io.redoubt.policy.Decision;
import io.redoubt.policy.Facts;
import io.redoubt.policy.Policies;
import io.redoubt.policy.PolicyAction;
import io.redoubt.policy.PolicyRequest;
import io.redoubt.policy.PolicyResource;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.session.Assessor;
import io.redoubt.session.Risk;
import io.redoubt.session.RiskConfig;
import io.redoubt.session.Session;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * Puts an agent's actions to the policies of its organization, with what the agent did before.
 * Actions come one by one, so each sees all that were judged earlier, however parallel the calls.
 */
final class Judge {
  private final AgentKey key;
  private final Policies policies;
  private final Assessor assessor;
  private final InstantSource clock;
  private final Session session = new Session();

  Judge(AgentKey key, Policies policies, RiskConfig risk, InstantSource clock) {
    this.key = key;
    this.policies = policies;
    this.assessor = new Assessor(risk);
    this.clock = clock;
  }

  /** What the agent did before this incarnation, oldest first. */
  void recall(List<Act> earlier) {
    session.recall(earlier);
  }

  /** It was denied before policies were asked. */
  void denied(GovernedAction action) {
    session.add(act(clock.instant(), action, Verdict.DENY));
  }

  /** By the policies that run at this moment. Empty: none is known here, so nothing goes (G5). */
  Optional<Judgement> judge(AgentSpec spec, GovernedAction action) {
    var judgement = policies.of(key.organization()).map(running -> judge(running, spec, action));
    judgement.ifPresent(it -> session.add(act(clock.instant(), action, it.decision().verdict())));
    return judgement;
  }

  private Judgement judge(Policies.Running running, AgentSpec spec, GovernedAction action) {
    var kind = PolicyAction.of(action.operation());
    var resource = resource(action);
    if (kind.isEmpty() || resource.isEmpty()) {
      return new Judgement(running.version(), unheardOf(action.operation()), Risk.NONE);
    }
    var now = clock.instant();
    var risk =
        assessor.assess(
            act(now, action, Verdict.PERMIT),
            resource.get(),
            spec.intent(),
            action.findings(),
            session);
    var facts =
        Facts.of(now, action.source())
            .withFindings(action.findings())
            .withRisk(risk.score())
            .withSession(session.facts());
    var request = new PolicyRequest(Outlook.subject(key, spec), kind.get(), resource.get(), facts);
    return new Judgement(running.version(), running.set().decide(request), risk);
  }

  private static Act act(Instant now, GovernedAction action, Verdict verdict) {
    var resource = resource(action).map(PolicyResource::id).orElse(action.resource());
    return Act.of(now, action.operation(), resource, verdict, action.digest());
  }

  private static Optional<PolicyResource> resource(GovernedAction action) {
    return PolicyAction.of(action.operation())
        .flatMap(kind -> PolicyResource.of(kind, action.within(), action.resource()));
  }

  private static Decision unheardOf(String operation) {
    return new Decision(
        Verdict.DENY,
        List.of(),
        List.of(),
        List.of(),
        null,
        List.of("policies do not know of " + operation));
  }
}
