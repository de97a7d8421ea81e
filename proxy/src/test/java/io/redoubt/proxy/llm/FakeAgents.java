package io.redoubt.proxy.llm;

import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Agents;
import io.redoubt.agent.Asking;
import io.redoubt.agent.Judgement;
import io.redoubt.budget.Shortage;
import io.redoubt.policy.Decision;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.session.Risk;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/** Agents that decide by their specification alone, and can be isolated, held up or silent. */
public final class FakeAgents implements Agents {
  static final long FENCE = 1;

  /** What the policies say until a test says otherwise. */
  public static final Judgement PERMITS =
      new Judgement(
          7,
          new Decision(Verdict.PERMIT, List.of("starter"), List.of(), List.of(), null, List.of()),
          Risk.NONE);

  public final List<Agent.Decide> asked = new CopyOnWriteArrayList<>();
  final List<Agent.DecideTogether> proposed = new CopyOnWriteArrayList<>();
  private final ActorSystem<?> system;
  private final Map<AgentKey, AgentSpec> specs = new ConcurrentHashMap<>();
  private volatile CompletableFuture<Void> gate = CompletableFuture.completedFuture(null);
  private volatile CompletableFuture<Void> granted = CompletableFuture.completedFuture(null);
  private volatile boolean silent;
  public volatile boolean isolated;
  public volatile Judgement judgement = PERMITS;

  /** What the policies say to a proposed tool call. */
  volatile Function<GovernedAction, Judgement> ofTools = _ -> PERMITS;

  /** The same to an operation; null: what they say to everything. */
  public volatile @Nullable Function<GovernedAction, Judgement> ofOperations;

  /** What the budget keeps for each call; null: there is none. */
  volatile @Nullable Reserved reserved;

  /** Why the budget allows nothing; null: it does. */
  volatile @Nullable Shortage shortage;

  /** The budget is of money, and leaves room for all that has a price. */
  volatile boolean onMoney;

  final List<Agent.Settle> settled = new CopyOnWriteArrayList<>();

  /** As a node of a release that knew no policies. */
  volatile boolean unjudged;

  FakeAgents(ActorSystem<?> system) {
    this.system = system;
  }

  void put(AgentKey agent, AgentSpec spec) {
    specs.put(agent, spec);
  }

  /** Answers wait until the returned future completes. */
  public CompletableFuture<Void> hold() {
    gate = new CompletableFuture<>();
    return gate;
  }

  /** Those to actions that come with a grant wait until the returned future completes. */
  CompletableFuture<Void> holdGranted() {
    granted = new CompletableFuture<>();
    return granted;
  }

  public void silent(boolean now) {
    silent = now;
  }

  @Override
  public CompletionStage<Agent.Reply> ask(
      AgentKey agent, Function<ActorRef<Agent.Reply>, Agent.Command> message) {
    if (silent) {
      return CompletableFuture.failedFuture(new TimeoutException("no answer"));
    }
    var command = message.apply(system.ignoreRef());
    if (command instanceof Agent.Decide decide) {
      asked.add(decide);
    } else if (command instanceof Agent.DecideTogether decide) {
      proposed.add(decide);
    }
    boolean hasGrant = command instanceof Agent.Decide decide && decide.action().approved() != null;
    return (hasGrant ? granted : gate).thenApply(_ -> reply(agent, command));
  }

  private Judgement said(GovernedAction action) {
    var operations = ofOperations;
    if (action.plane() == Plane.TOOL) {
      return ofTools.apply(action);
    }
    return action.plane() == Plane.CONNECTOR && operations != null
        ? operations.apply(action)
        : judgement;
  }

  private Agent.Answer answer(GovernedAction action) {
    var said = said(action);
    return switch (said.decision().verdict()) {
      case PERMIT -> new Agent.Answer(null, said);
      case DENY -> new Agent.Answer(Agent.Denial.POLICY, said);
      case ESCALATE -> new Agent.Answer(Agent.Denial.APPROVAL_NEEDED, said);
    };
  }

  /** As the real ones do: there is something to ask about also where it is permitted. */
  private Agent.Answer considered(GovernedAction action) {
    var answer = answer(action);
    var said = Objects.requireNonNull(answer.judgement());
    return answer.denial() != null
        ? answer
        : new Agent.Answer(
            null,
            new Judgement(
                said.bundleVersion(),
                said.decision(),
                said.risk(),
                new Asking("permitted-" + action.digest(), List.of(), List.of())));
  }

  /** As the real ones do: a grant for what is asked lifts what asks for it. */
  private static Judgement approved(Judgement said, GovernedAction action) {
    var grant = action.approved();
    var asking = said.asking();
    return grant != null && asking != null && asking.identity().equals(grant.identity())
        ? new Judgement(said.bundleVersion(), PERMITS.decision(), said.risk(), asking)
        : said;
  }

  private Agent.Reply judged(AgentSpec spec, Judgement judgement) {
    if (unjudged) {
      return new Agent.Permitted(spec, FENCE, null, reserved);
    }
    return switch (judgement.decision().verdict()) {
      case PERMIT -> new Agent.Permitted(spec, FENCE, judgement, reserved);
      case DENY -> new Agent.Denied(Agent.Denial.POLICY, spec, judgement);
      case ESCALATE -> new Agent.Denied(Agent.Denial.APPROVAL_NEEDED, spec, judgement);
    };
  }

  private Agent.Reply reply(AgentKey agent, Agent.Command command) {
    var spec = specs.get(agent);
    if (spec == null) {
      return new Agent.Refused(Agent.Refusal.UNKNOWN_AGENT);
    }
    return switch (command) {
      case Agent.Decide(var action, _, _, _) -> {
        if (isolated) {
          yield new Agent.Denied(Agent.Denial.NOT_ACTIVE, spec, null);
        }
        if (shortage != null) {
          yield new Agent.Denied(Agent.Denial.OVER_BUDGET, spec, null, shortage);
        }
        var estimate = action.estimate();
        if (onMoney && estimate != null && estimate.costMicros() == null) {
          yield new Agent.Denied(Agent.Denial.PRICE_UNKNOWN, spec, null);
        }
        if (action.plane() == Plane.LLM && !spec.models().permits(action.resource())) {
          yield new Agent.Denied(Agent.Denial.MODEL_NOT_ALLOWED, spec, null);
        }
        yield action.bringsCredential() && !spec.mayBringCredential()
            ? new Agent.Denied(Agent.Denial.OWN_CREDENTIAL_NOT_ALLOWED, spec, null)
            : judged(spec, approved(said(action), action));
      }
      case Agent.DecideTogether _ when isolated ->
          new Agent.Denied(Agent.Denial.NOT_ACTIVE, spec, null);
      case Agent.DecideTogether(var actions, _, _, _) ->
          new Agent.Decided(spec, FENCE, actions.stream().map(this::answer).toList());
      case Agent.Consider _ when isolated ->
          new Agent.Decided(spec, -1, List.of(new Agent.Answer(Agent.Denial.NOT_ACTIVE, null)));
      case Agent.Consider(var action, _, _) ->
          new Agent.Decided(spec, -1, List.of(considered(action)));
      case Agent.Describe _ ->
          new Agent.Description(
              isolated ? AgentStatus.ISOLATED : AgentStatus.ACTIVE,
              spec,
              List.of(),
              List.of(LlmFixture.FAMILY),
              null);
      case Agent.Settle settle -> {
        settled.add(settle);
        yield new Agent.Done();
      }
      default -> throw new AssertionError("not asked by the proxy: " + command);
    };
  }
}
