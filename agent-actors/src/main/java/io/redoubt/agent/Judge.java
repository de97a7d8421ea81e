package io.redoubt.agent;

import io.redoubt.action.Act;
import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent.Answer;
import io.redoubt.agent.Agent.Decided;
import io.redoubt.agent.Agent.Denial;
import io.redoubt.agent.Agent.Denied;
import io.redoubt.agent.Agent.Permitted;
import io.redoubt.agent.Agent.Reply;
import io.redoubt.agent.AgentState.Known;
import io.redoubt.policy.Decision;
import io.redoubt.policy.Facts;
import io.redoubt.policy.Policies;
import io.redoubt.policy.PolicyAction;
import io.redoubt.policy.PolicyRequest;
import io.redoubt.policy.PolicyResource;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.session.Assessor;
import io.redoubt.session.Risk;
import io.redoubt.session.RiskConfig;
import io.redoubt.session.Session;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Puts an agent's actions to the policies of its organization, with what the agent did before.
 * Actions come one by one, so each sees all that were judged earlier, however parallel the calls.
 */
final class Judge {
  private static final long MICROS_OF_A_CENT = 10_000;

  /** No permit can be written under it. */
  private static final long NO_FENCE = -1;

  private final AgentKey key;
  private final Policies policies;
  private final Assessor assessor;
  private final InstantSource clock;
  private final DriftWatch drift;
  private Session session = new Session();

  Judge(AgentKey key, AgentPorts ports, RiskConfig risk, InstantSource clock) {
    this.key = key;
    this.policies = ports.policies();
    this.drift = new DriftWatch(key, ports.drifts());
    this.assessor = new Assessor(risk);
    this.clock = clock;
  }

  /** What the agent did before, oldest first: whatever is known of it otherwise, is forgotten. */
  void recall(List<Act> earlier) {
    session = new Session();
    session.recall(earlier);
  }

  /** The policies that run at this moment; empty: none is known here. */
  Optional<Policies.Running> running() {
    return policies.of(key.organization());
  }

  /** What the agent is told. */
  Reply decide(
      Optional<Policies.Running> running, Known agent, GovernedAction action, FamilyId family) {
    var answer = answer(running, agent, action, family);
    return answer.denial() == null
        ? new Permitted(agent.spec(), agent.fence(), answer.judgement())
        : new Denied(answer.denial(), agent.spec(), answer.judgement());
  }

  /** Each sees those before it in the session; beside that they are decided one by one. */
  Decided decideTogether(
      Optional<Policies.Running> running,
      Known agent,
      List<GovernedAction> actions,
      FamilyId family) {
    return new Decided(
        agent.spec(),
        agent.fence(),
        actions.stream().map(action -> answer(running, agent, action, family)).toList());
  }

  /** What it would be told of an action that is not its own. */
  Decided consider(Optional<Policies.Running> running, Known agent, GovernedAction action) {
    var answer =
        agent.stopped()
            ? new Answer(Denial.NOT_ACTIVE, null)
            : running
                .map(known -> considered(known, agent, action))
                .orElseGet(() -> new Answer(Denial.POLICIES_UNKNOWN, null));
    return new Decided(agent.spec(), NO_FENCE, List.of(answer));
  }

  private Answer considered(Policies.Running running, Known agent, GovernedAction action) {
    var judgement = judge(running, agent, action);
    var decision = judgement.decision();
    if (decision.verdict() == Verdict.DENY || judgement.asking() != null) {
      return new Answer(denial(decision.verdict()), judgement);
    }
    return new Answer(
        null,
        new Judgement(
            judgement.bundleVersion(),
            decision,
            judgement.risk(),
            Asking.of(key.agent(), agent, action, decision, running.set())));
  }

  /** The budget does not allow it. */
  void unpaid(Known agent, GovernedAction action) {
    remember(agent, action, Verdict.DENY);
  }

  private void remember(Known agent, GovernedAction action, Verdict verdict) {
    session.add(act(clock.instant(), action, verdict));
    drift.look(agent, session);
  }

  private Answer answer(
      Optional<Policies.Running> running, Known agent, GovernedAction action, FamilyId family) {
    var denial = agent.denies(action, family);
    if (denial.isPresent()) {
      remember(agent, action, Verdict.DENY);
      return new Answer(denial.get(), null);
    }
    return running
        .map(known -> heard(known, agent, action))
        .map(judgement -> new Answer(denial(judgement.decision().verdict()), judgement))
        // None is known here, so nothing goes (G5).
        .orElseGet(() -> new Answer(Denial.POLICIES_UNKNOWN, null));
  }

  private static @Nullable Denial denial(Verdict verdict) {
    return switch (verdict) {
      case PERMIT -> null;
      case DENY -> Denial.POLICY;
      case ESCALATE -> Denial.APPROVAL_NEEDED;
    };
  }

  private Judgement heard(Policies.Running running, Known agent, GovernedAction action) {
    var judgement = judge(running, agent, action);
    remember(agent, action, judgement.decision().verdict());
    return judgement;
  }

  private Judgement judge(Policies.Running running, Known agent, GovernedAction action) {
    var spec = agent.spec();
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
            session,
            policies.workingHours(key.organization()));
    var facts =
        Facts.of(now, action.source())
            .withArgs(action.arguments())
            .withFindings(action.findings())
            .withRisk(risk.score())
            .withSession(session.facts());
    var costed = estimate(action).map(facts::withEstimate).orElse(facts);
    var tools = action.tools();
    var known = tools == null ? costed : costed.withTools(tools);
    var request = new PolicyRequest(Outlook.subject(key, spec), kind.get(), resource.get(), known);
    var decision = running.set().decide(request);
    if (decision.verdict() != Verdict.ESCALATE) {
      return new Judgement(running.version(), decision, risk);
    }
    var asking = Asking.of(key.agent(), agent, action, decision, running.set());
    return new Judgement(
        running.version(),
        approved(running, request, action, asking, risk).orElse(decision),
        risk,
        asking);
  }

  /**
   * What is said to it once it is approved: the policies are asked again, with the grant, and only
   * where the grant is for what they ask now (G9), and for no more risk than whoever granted may
   * take. Empty: there is no such grant.
   */
  private static Optional<Decision> approved(
      Policies.Running running,
      PolicyRequest request,
      GovernedAction action,
      Asking asking,
      Risk risk) {
    var grant = action.approved();
    if (grant == null
        || !grant.identity().equals(asking.identity())
        || !grant.coversRisk(risk.score())) {
      return Optional.empty();
    }
    var facts =
        request.facts().withApproval(new Facts.Approval(grant.tier(), grant.by(), grant.at()));
    return Optional.of(
            running
                .set()
                .decide(
                    new PolicyRequest(
                        request.subject(), request.action(), request.resource(), facts)))
        .map(Judge::decided);
  }

  /** What an approval does not lift, nobody is asked about once more. */
  private static Decision decided(Decision once) {
    return once.verdict() == Verdict.ESCALATE
        ? new Decision(
            Verdict.DENY,
            once.policyIds(),
            List.of(),
            once.alerts(),
            once.shadow(),
            List.of("its approval does not lift what asked for it"),
            once.content())
        : once;
  }

  /** Tokens bound what has no price, too. */
  private static Optional<Facts.Estimate> estimate(GovernedAction action) {
    return Optional.ofNullable(action.estimate())
        .map(known -> new Facts.Estimate(known.tokens(), cents(known.costMicros())));
  }

  private static @Nullable Long cents(@Nullable Long micros) {
    return micros == null ? null : Long.valueOf(Math.ceilDiv(micros, MICROS_OF_A_CENT));
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
