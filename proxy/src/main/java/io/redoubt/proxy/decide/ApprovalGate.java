package io.redoubt.proxy.decide;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.action.Approved;
import io.redoubt.action.Arguments;
import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Agents;
import io.redoubt.agent.Asking;
import io.redoubt.agent.Judgement;
import io.redoubt.approval.ApprovalDesk;
import io.redoubt.approval.ApprovalKey;
import io.redoubt.approval.ApprovalRequest;
import io.redoubt.approval.ShownPrompt;
import io.redoubt.budget.Shortage;
import io.redoubt.entity.Patience;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.link.AgentSpec;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The way of an action that policies want approved first (G9): ask, perhaps wait, and with a grant
 * ask the agent's actor again. Only where that permits it is the grant spent; and only once it is
 * spent, durably, is the intent written.
 */
public final class ApprovalGate {
  /** Whoever is asked for something else by the time that it is granted, asks once more. */
  private static final int MOST_ATTEMPTS = 2;

  /** A changed call may be changed once more; nobody does that for ever. */
  private static final int MOST_EDITS = 8;

  private final Agents agents;
  private final ApprovalDesk approvals;
  private final Patience patience;

  /**
   * The way.
   *
   * @param patience with a verdict
   */
  public ApprovalGate(Agents agents, ApprovalDesk approvals, Patience patience) {
    this.agents = agents;
    this.approvals = approvals;
    this.patience = patience;
  }

  /**
   * Who asks for what.
   *
   * @param turn the call to a model that it came of; null: it came of none
   * @param arguments of the call, for whoever decides; null: it has none
   * @param prompt of a call to a model, as whoever decides is shown it
   * @param patience how long the caller waits for a decision
   * @param wanted whether it still waits
   * @param objection to letting it go out although it is permitted, for which no grant is spent
   * @param editing how whoever approves may change it; null: they may not
   */
  public record Plea(
      AgentKey agent,
      FamilyId family,
      GovernedAction action,
      AgentSpec spec,
      Judgement judgement,
      @Nullable ActionId turn,
      String traceId,
      @Nullable JsonNode arguments,
      ShownPrompt prompt,
      Duration patience,
      BooleanSupplier wanted,
      Function<Agent.Permitted, CompletionStage<Optional<Refusal>>> objection,
      @Nullable Editing editing) {}

  /** A call that whoever approves may change. */
  public interface Editable {
    /** Of the call in its canonical form, hex. */
    String digest();

    /** The call that it stands in the place of; null: it is as the agent made it. */
    ApprovalView.@Nullable Edit edit();
  }

  /**
   * How a call is changed.
   *
   * @param form what stands in the place of its arguments
   * @param call as it is
   * @param edited the plea for the call that stands in its place; throws {@link Refusal.Raised}
   *     where nothing can
   */
  public record Editing(
      ApprovalRequest.Form form,
      Editable call,
      BiFunction<ApprovalView.Edit, Arguments, Plea> edited) {}

  /**
   * What stands in the place of a call that was changed.
   *
   * @param arguments that may be told, since it is approved; null: it is not
   */
  public record Replacement(ApprovalView view, @Nullable JsonNode arguments) {}

  /** What came of it. */
  public sealed interface Outcome {
    /** The changed call that it is said of; null: it is said of the call as it is. */
    @Nullable Editable edited();
  }

  /**
   * Permitted, and the grant is spent for it.
   *
   * @param edited the call that goes out in its place; null: it goes out as it is
   */
  public record Passed(
      Agent.Permitted permitted, @Nullable ApprovalId approval, @Nullable Editable edited)
      implements Outcome {
    public Passed(Agent.Permitted permitted, @Nullable ApprovalId approval) {
      this(permitted, approval, null);
    }
  }

  /**
   * It may not go out.
   *
   * @param approval that was asked for; null: none was
   * @param judgement that stands now
   * @param shortage of the budget; null: it is not about that
   * @param reserved what the budget keeps for it in vain; null: nothing
   * @param replacement what stands in its place; null: nothing does
   * @param edited the call that would go out in its place, of which all of this is said; null: it
   *     is said of the call as it is
   */
  public record Held(
      Refusal why,
      @Nullable ApprovalId approval,
      @Nullable Judgement judgement,
      @Nullable Shortage shortage,
      @Nullable Reserved reserved,
      @Nullable Replacement replacement,
      @Nullable Editable edited)
      implements Outcome {
    Held(Refusal why, @Nullable ApprovalId approval, @Nullable Judgement judgement) {
      this(why, approval, judgement, null, null, null, null);
    }

    private Held keeping(@Nullable Reserved what) {
      return new Held(why, approval, judgement, shortage, what, replacement, edited);
    }

    private Held of(@Nullable Editable call) {
      return new Held(why, approval, judgement, shortage, reserved, replacement, call);
    }
  }

  /** Whether anybody can be asked: nodes of an older release do not say what to approve. */
  public static boolean opensFor(@Nullable Judgement judgement) {
    return judgement != null && judgement.asking() != null;
  }

  /** Never fails. */
  public CompletionStage<Outcome> pass(Plea plea) {
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
    long end = System.nanoTime() + plea.patience.toNanos();
    return ask(plea, judgement, asking)
        .thenCompose(answer ->
            switch (answer) {
              case ApprovalDesk.Pending pending ->
                  approvals
                      .await(key(plea, pending.view().id()), pending, plea.patience, plea.wanted)
                      .thenCompose(then ->
                          then instanceof ApprovalDesk.Over(var view) && view.editedTo() != null
                              ? follow(plea, judgement, view.editedTo(), end, MOST_EDITS)
                              : heard(plea, judgement, then, attempts));
              // It was changed before this one asked: what stands in its place may be asked for.
              case ApprovalDesk.Over(var view) when view.editedTo() != null ->
                  replaced(plea, judgement, view.editedTo(), MOST_EDITS);
              case ApprovalDesk.Over _, ApprovalDesk.TooMany _, ApprovalDesk.Usable _ ->
                  heard(plea, judgement, answer, attempts);
            });
  }

  private CompletionStage<Outcome> heard(
      Plea plea, Judgement judgement, ApprovalDesk.Answer answer, int attempts) {
    return switch (answer) {
      case ApprovalDesk.Pending(var view) -> held(Refusal.APPROVAL_NEEDED, view.id(), judgement);
      case ApprovalDesk.Over(var view) -> held(Refusal.APPROVAL_DENIED, view.id(), judgement);
      case ApprovalDesk.TooMany(var where) -> held(Refusal.of(where), null, judgement);
      case ApprovalDesk.Usable(var grant) -> use(plea, judgement, grant, attempts);
    };
  }

  /** Somebody has changed it while this one waits: the changed call may go out in its place. */
  private CompletionStage<Outcome> follow(
      Plea plea, Judgement judgement, ApprovalView.Edit to, long end, int edits) {
    var editing = plea.editing;
    if (editing == null) {
      return held(Refusal.APPROVAL_DENIED, to.approval(), judgement);
    }
    var key = key(plea, to.approval());
    var left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
    return approvals
        .replacement(key)
        .thenCompose(found ->
            (found.answer() instanceof ApprovalDesk.Pending pending
                    ? approvals.await(key, pending, left, plea.wanted)
                    : CompletableFuture.completedStage(found.answer()))
                .thenCompose(answer ->
                    switch (answer) {
                      case ApprovalDesk.Pending _ ->
                          replacedBy(judgement, new Replacement(found.view(), null));
                      case ApprovalDesk.Over(var view) when view.editedTo() != null && edits > 1 ->
                          follow(plea, judgement, after(to, view.editedTo()), end, edits - 1);
                      case ApprovalDesk.Over(var view)
                          when view.status() == ApprovalStatus.CONSUMED ->
                          // Another caller was there before.
                          replacedBy(judgement, new Replacement(view, null));
                      case ApprovalDesk.Usable(var grant) when found.arguments() != null ->
                          useEdited(editing, judgement, to, found, grant);
                      case ApprovalDesk.Over _, ApprovalDesk.TooMany _, ApprovalDesk.Usable _ ->
                          held(Refusal.APPROVAL_DENIED, to.approval(), judgement);
                    }));
  }

  /** What was changed once more is changed by both. */
  private static ApprovalView.Edit after(ApprovalView.Edit first, ApprovalView.Edit then) {
    return new ApprovalView.Edit(
        then.approval(),
        then.actionDigest(),
        first.by().equals(then.by()) ? then.by() : first.by() + ", " + then.by(),
        Stream.concat(first.changes().stream(), then.changes().stream()).distinct().toList());
  }

  /**
   * What goes out by the grant is the call that it was given for, and nothing else: neither what is
   * asked for by then, nor what the same arguments come to elsewhere.
   */
  private CompletionStage<Outcome> useEdited(
      Editing editing,
      Judgement judgement,
      ApprovalView.Edit to,
      ApprovalDesk.Replacement found,
      Approved grant) {
    var written = written(Objects.requireNonNull(found.arguments(), "of what is changed"));
    var edit = new ApprovalView.Edit(to.approval(), editing.call.digest(), to.by(), to.changes());
    Plea changed;
    try {
      changed = editing.edited.apply(edit, written);
    } catch (Refusal.Raised raised) {
      return held(raised.refusal(), to.approval(), judgement);
    }
    if (!changed.action.digest().equals(found.view().actionDigest())) {
      return held(Refusal.SETTINGS_CHANGED, to.approval(), judgement);
    }
    var call = Objects.requireNonNull(changed.editing, "edited").call;
    return use(changed, judgement, grant, 1)
        .thenCompose(outcome ->
            switch (outcome) {
              case Passed(var permitted, var approval, _) ->
                  CompletableFuture.completedStage(new Passed(permitted, approval, call));
              // The grant is spent, or covers it no more: who asks for the changed call hears why.
              case Held held when held.why == Refusal.APPROVAL_NEEDED ->
                  CompletableFuture.completedStage(
                      replacement(
                              judgement,
                              new Replacement(
                                  found.view(), held.approval == null ? null : found.arguments()))
                          .keeping(held.reserved));
              case Held held -> CompletableFuture.completedStage(held.of(call));
            });
  }

  /** In their canonical form, of which their digest was made. */
  private static Arguments written(JsonNode arguments) {
    var written = Arguments.parse(CanonicalJson.write(arguments));
    if (written.refusal() != null) {
      throw new IllegalStateException("approved, and cannot be judged: " + written.refusal());
    }
    return written;
  }

  /** Whoever comes with the call as it was is told of the other, and does not get it unasked. */
  private CompletionStage<Outcome> replaced(
      Plea plea, Judgement judgement, ApprovalView.Edit to, int edits) {
    return approvals
        .replacement(key(plea, to.approval()))
        .thenCompose(found ->
            found.view().editedTo() != null && edits > 1
                ? replaced(plea, judgement, found.view().editedTo(), edits - 1)
                : replacedBy(
                    judgement,
                    new Replacement(
                        found.view(),
                        found.answer() instanceof ApprovalDesk.Usable ? found.arguments() : null)));
  }

  private static CompletionStage<Outcome> replacedBy(Judgement judgement, Replacement replacement) {
    return CompletableFuture.completedFuture(replacement(judgement, replacement));
  }

  private static Held replacement(Judgement judgement, Replacement by) {
    return new Held(Refusal.APPROVAL_EDITED, by.view.id(), judgement, null, null, by, null);
  }

  private CompletionStage<Outcome> use(
      Plea plea, Judgement judgement, Approved grant, int attempts) {
    if (!plea.wanted.getAsBoolean()) {
      return held(Refusal.APPROVAL_NEEDED, grant.id(), judgement);
    }
    return agents
        .ask(
            plea.agent,
            replyTo ->
                new Agent.Decide(plea.action.with(grant), plea.family, patience.ends(), replyTo))
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
                          null,
                          null,
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
          // Where policies permit it by now without anybody's approval, the grant stays as it is. A
          // changed call is nobody's own: it goes out by its grant, or not at all.
          return now.asking() == null && !isEdited(plea)
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
    return approvals
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
    if (asking == null || isEdited(plea)) {
      return CompletableFuture.completedFuture(
          new Held(Refusal.APPROVAL_NEEDED, null, judgement).keeping(reserved));
    }
    return ask(plea, judgement, asking)
        .thenApply(answer ->
            switch (answer) {
              case ApprovalDesk.Pending(var view) ->
                  new Held(Refusal.APPROVAL_NEEDED, view.id(), judgement);
              case ApprovalDesk.Over(var view) ->
                  new Held(Refusal.APPROVAL_DENIED, view.id(), judgement);
              case ApprovalDesk.TooMany(var where) -> new Held(Refusal.of(where), null, judgement);
              case ApprovalDesk.Usable(var other) ->
                  new Held(Refusal.APPROVAL_NEEDED, other.id(), judgement);
            })
        .thenApply(held -> held.keeping(reserved));
  }

  private static boolean isEdited(Plea plea) {
    return plea.editing != null && plea.editing.call.edit() != null;
  }

  private static CompletionStage<Outcome> held(
      Refusal why, @Nullable ApprovalId approval, Judgement judgement) {
    return CompletableFuture.completedFuture(new Held(why, approval, judgement));
  }

  private static ApprovalKey key(Plea plea, ApprovalId approval) {
    return new ApprovalKey(plea.agent.organization(), approval);
  }

  private CompletionStage<ApprovalDesk.Answer> ask(Plea plea, Judgement judgement, Asking asking) {
    var request = request(plea, judgement, asking);
    Integer most = plea.spec.approvalLimit();
    return approvals.ask(
        plea.agent, request, plea.arguments, plea.prompt, most == null ? Integer.MAX_VALUE : most);
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
            asking.workflows())
        .because(
            judgement.risk().reasons(),
            action.findings().stream().sorted().toList(),
            asking.clauses())
        .edited(
            plea.editing == null
                ? null
                : new ApprovalRequest.Editing(plea.editing.form, action.source().getHostAddress()));
  }
}
