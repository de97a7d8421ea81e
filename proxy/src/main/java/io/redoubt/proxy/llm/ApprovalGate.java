package io.redoubt.proxy.llm;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.action.Approved;
import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Asking;
import io.redoubt.agent.Judgement;
import io.redoubt.approval.ApprovalDesk;
import io.redoubt.approval.ApprovalKey;
import io.redoubt.approval.ApprovalRequest;
import io.redoubt.budget.Shortage;
import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.link.AgentSpec;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The way of an action that policies want approved first (G9): ask, perhaps wait, and with a grant
 * ask the agent's actor again. Only where that permits it is the grant spent; and only once it is
 * spent, durably, is the intent written.
 */
final class ApprovalGate {
  /** Whoever is asked for something else by the time that it is granted, asks once more. */
  private static final int MOST_ATTEMPTS = 2;

  private final LlmPorts ports;

  ApprovalGate(LlmPorts ports) {
    this.ports = ports;
  }

  /**
   * Who asks for what.
   *
   * @param turn the call to a model that it came of; null: it came of none
   * @param arguments of the call, for whoever decides; null: it has none
   * @param patience how long the caller waits for a decision
   * @param wanted whether it still waits
   * @param objection to letting it go out although it is permitted, for which no grant is spent
   */
  record Plea(
      AgentKey agent,
      FamilyId family,
      GovernedAction action,
      AgentSpec spec,
      Judgement judgement,
      @Nullable ActionId turn,
      String traceId,
      @Nullable JsonNode arguments,
      Duration patience,
      BooleanSupplier wanted,
      Function<Agent.Permitted, CompletionStage<Optional<Refusal>>> objection) {}

  /** What came of it. */
  sealed interface Outcome {}

  /** Permitted, and the grant is spent for it. */
  record Passed(Agent.Permitted permitted, @Nullable ApprovalId approval) implements Outcome {}

  /**
   * It may not go out.
   *
   * @param approval that was asked for; null: none was
   * @param judgement that stands now
   * @param shortage of the budget; null: it is not about that
   * @param reserved what the budget keeps for it in vain; null: nothing
   */
  record Held(
      Refusal why,
      @Nullable ApprovalId approval,
      @Nullable Judgement judgement,
      @Nullable Shortage shortage,
      @Nullable Reserved reserved)
      implements Outcome {
    Held(Refusal why, @Nullable ApprovalId approval, @Nullable Judgement judgement) {
      this(why, approval, judgement, null, null);
    }

    private Held keeping(@Nullable Reserved what) {
      return new Held(why, approval, judgement, shortage, what);
    }
  }

  /** Whether anybody can be asked: nodes of an older release do not say what to approve. */
  static boolean opensFor(@Nullable Judgement judgement) {
    return judgement != null && judgement.asking() != null;
  }

  /** Never fails. */
  CompletionStage<Outcome> pass(Plea plea) {
    return pass(plea, plea.judgement, MOST_ATTEMPTS)
        .exceptionally(failure -> {
          Causes.log("An approval could not be asked for or used", failure);
          return new Held(Refusal.UNAVAILABLE, null, plea.judgement);
        });
  }

  private CompletionStage<Outcome> pass(Plea plea, Judgement judgement, int attempts) {
    var asking = judgement.asking();
    if (asking == null) {
      return held(Refusal.APPROVAL_NEEDED, null, judgement);
    }
    return ports
        .approvals()
        .ask(plea.agent, request(plea, judgement, asking), plea.arguments)
        .thenCompose(answer ->
            answer instanceof ApprovalDesk.Pending pending
                ? ports
                    .approvals()
                    .await(key(plea, pending.view().id()), pending, plea.patience, plea.wanted)
                : CompletableFuture.completedFuture(answer))
        .thenCompose(answer ->
            switch (answer) {
              case ApprovalDesk.Pending(var view) ->
                  held(Refusal.APPROVAL_NEEDED, view.id(), judgement);
              case ApprovalDesk.Over(var view) ->
                  held(Refusal.APPROVAL_DENIED, view.id(), judgement);
              case ApprovalDesk.TooMany _ -> held(Refusal.TOO_MANY_APPROVALS, null, judgement);
              case ApprovalDesk.Usable(var grant) -> use(plea, judgement, grant, attempts);
            });
  }

  private CompletionStage<Outcome> use(
      Plea plea, Judgement judgement, Approved grant, int attempts) {
    if (!plea.wanted.getAsBoolean()) {
      return held(Refusal.APPROVAL_NEEDED, grant.id(), judgement);
    }
    return ports
        .agents()
        .ask(
            plea.agent,
            replyTo ->
                new Agent.Decide(
                    plea.action.with(grant), plea.family, ports.patience().ends(), replyTo))
        .thenCompose(reply ->
            switch (reply) {
              case Agent.Permitted permitted -> spend(plea, judgement, grant, permitted);
              case Agent.Denied(var why, var _, var now, var _)
                  when why == Agent.Denial.APPROVAL_NEEDED && now != null && attempts > 1 ->
                  pass(plea, now, attempts - 1); // something else wants it approved by now
              case Agent.Denied(var why, var _, var now, var shortage) ->
                  CompletableFuture.completedFuture(
                      new Held(
                          Refusal.of(why),
                          grant.id(),
                          now == null ? judgement : now,
                          shortage,
                          null));
              case Agent.Refused _ -> held(Refusal.UNAVAILABLE, grant.id(), judgement);
              case Agent.Done _,
                  Agent.Bootstrapped _,
                  Agent.RefreshAdmitted _,
                  Agent.Decided _,
                  Agent.LifecycleChanged _,
                  Agent.Description _ ->
                  throw new IllegalStateException(
                      "no answer to a question for a verdict: " + reply);
            });
  }

  private CompletionStage<Outcome> spend(
      Plea plea, Judgement judgement, Approved grant, Agent.Permitted permitted) {
    var now = permitted.judgement();
    if (now == null) {
      return CompletableFuture.completedFuture(
          new Held(Refusal.POLICIES_UNKNOWN, null, judgement).keeping(permitted.reserved()));
    }
    return plea.objection
        .apply(permitted)
        .thenCompose(against -> {
          if (against.isPresent()) {
            return CompletableFuture.<Outcome>completedStage(
                new Held(against.get(), grant.id(), now).keeping(permitted.reserved()));
          }
          // Where policies permit it by now without anybody's approval, the grant stays as it is.
          return now.asking() == null
              ? CompletableFuture.<Outcome>completedStage(new Passed(permitted, null))
              : spendNow(plea, judgement, grant, permitted);
        })
        .exceptionally(failure -> {
          Causes.log("A grant could not be spent", failure);
          return new Held(Refusal.UNAVAILABLE, grant.id(), judgement).keeping(permitted.reserved());
        });
  }

  private CompletionStage<Outcome> spendNow(
      Plea plea, Judgement judgement, Approved grant, Agent.Permitted permitted) {
    return ports
        .approvals()
        .consume(key(plea, grant.id()), plea.action.id())
        .thenCompose(spent ->
            spent
                ? CompletableFuture.completedFuture(new Passed(permitted, grant.id()))
                : askAnew(plea, judgement, permitted.reserved()));
  }

  /** Somebody else has spent the grant. What the budget keeps for this call, it keeps in vain. */
  private CompletionStage<Outcome> askAnew(
      Plea plea, Judgement judgement, @Nullable Reserved reserved) {
    var asking = judgement.asking();
    if (asking == null) {
      return CompletableFuture.completedFuture(
          new Held(Refusal.APPROVAL_NEEDED, null, judgement).keeping(reserved));
    }
    return ports
        .approvals()
        .ask(plea.agent, request(plea, judgement, asking), plea.arguments)
        .thenApply(answer ->
            switch (answer) {
              case ApprovalDesk.Pending(var view) ->
                  new Held(Refusal.APPROVAL_NEEDED, view.id(), judgement);
              case ApprovalDesk.Over(var view) ->
                  new Held(Refusal.APPROVAL_DENIED, view.id(), judgement);
              case ApprovalDesk.TooMany _ -> new Held(Refusal.TOO_MANY_APPROVALS, null, judgement);
              case ApprovalDesk.Usable(var other) ->
                  new Held(Refusal.APPROVAL_NEEDED, other.id(), judgement);
            })
        .thenApply(held -> held.keeping(reserved));
  }

  private static CompletionStage<Outcome> held(
      Refusal why, @Nullable ApprovalId approval, Judgement judgement) {
    return CompletableFuture.completedFuture(new Held(why, approval, judgement));
  }

  private static ApprovalKey key(Plea plea, ApprovalId approval) {
    return new ApprovalKey(plea.agent.organization(), approval);
  }

  private static ApprovalRequest request(Plea plea, Judgement judgement, Asking asking) {
    var action = plea.action;
    return new ApprovalRequest(
        asking.identity(),
        plea.agent.agent(),
        plea.spec.owner(),
        action.plane(),
        action.operation(),
        action.within(),
        action.resource(),
        action.digest(),
        judgement.decision().policyIds(),
        judgement.bundleVersion(),
        judgement.risk().score(),
        action.id(),
        plea.turn,
        plea.traceId,
        asking.workflows());
  }
}
