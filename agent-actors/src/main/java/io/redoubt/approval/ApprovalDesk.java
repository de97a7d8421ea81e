package io.redoubt.approval;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.action.Approved;
import io.redoubt.agent.AgentKey;
import io.redoubt.approval.Approval.Ask;
import io.redoubt.approval.Approval.Await;
import io.redoubt.approval.Approval.Consume;
import io.redoubt.approval.Approval.Consumed;
import io.redoubt.approval.Approval.Editable;
import io.redoubt.approval.Approval.Refused;
import io.redoubt.approval.Approval.Standing;
import io.redoubt.approval.ApprovalBoard.Full;
import io.redoubt.approval.ApprovalBoard.Limits;
import io.redoubt.approval.ApprovalBoard.Opening;
import io.redoubt.approval.ApprovalBoard.Place;
import io.redoubt.entity.Patience;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Where the callers of one node ask for approvals, wait for them, and spend them. */
public final class ApprovalDesk {
  /** A request that was never asked, because its node died, is taken down after so long. */
  public static final Duration GRACE = Duration.ofSeconds(30);

  /**
   * After so long it is looked whether its actor was asked and could not write so, because its node
   * died: until then nobody sees it, and nobody knows its deadline.
   */
  private static final Duration FIRST_LOOK = Duration.ofSeconds(2);

  /** How often a request that turns out to be over is made anew. */
  private static final int MOST_ATTEMPTS = 3;

  private final Approvals approvals;
  private final ApprovalBoard board;
  private final ApprovalConfig config;
  private final Patience patience;
  private final AtomicInteger waiting = new AtomicInteger();
  private final ConcurrentHashMap<AgentKey, Integer> waitingOfAgent = new ConcurrentHashMap<>();

  public ApprovalDesk(
      Approvals approvals, ApprovalBoard board, ApprovalConfig config, Patience patience) {
    this.approvals = approvals;
    this.board = board;
    this.config = config;
    this.patience = patience;
  }

  /** What a caller hears. */
  public sealed interface Answer {}

  /** Nobody has decided yet. */
  public record Pending(ApprovalView view) implements Answer {}

  /** It was granted; the grant is not spent yet. */
  public record Usable(Approved grant) implements Answer {}

  /** It ended, and not with a grant that could be used. */
  public record Over(ApprovalView view) implements Answer {}

  /** Too many requests are pending. */
  public record TooMany(Full where) implements Answer {}

  /** What somebody asks for, and how much of that they may. */
  private record Wish(
      AgentKey agent,
      ApprovalRequest request,
      @Nullable JsonNode arguments,
      ShownPrompt prompt,
      int most) {}

  /**
   * Asks for an approval, or joins those who asked before.
   *
   * @param arguments of the call, exactly; null: it has none
   * @return fails where it is not known what came of it
   */
  public CompletionStage<Answer> ask(
      AgentKey agent, ApprovalRequest request, @Nullable JsonNode arguments) {
    return ask(agent, request, arguments, ShownPrompt.NONE, config.pendingPerAgent());
  }

  /**
   * The same for an agent that may have only so many requests pending.
   *
   * @param prompt of a call to a model, as people are shown it
   * @param most 0: whatever is not pending already is too many; more than any agent may have has no
   *     effect
   */
  public CompletionStage<Answer> ask(
      AgentKey agent,
      ApprovalRequest request,
      @Nullable JsonNode arguments,
      ShownPrompt prompt,
      int most) {
    return ask(new Wish(agent, request, arguments, prompt, most), MOST_ATTEMPTS);
  }

  private CompletionStage<Answer> ask(Wish wish, int attempts) {
    var request = wish.request;
    var opening =
        new Opening(
            wish.agent,
            request.identity(),
            ApprovalId.next(patience.clock()),
            request.turn(),
            wish.arguments,
            wish.prompt,
            patience.clock().instant().plus(firstLook(request)));
    var limits =
        new Limits(Math.min(wish.most, config.pendingPerAgent()), config.pendingPerOrganization());
    return board
        .open(opening, limits)
        .thenCompose(opened ->
            switch (opened) {
              case Full full -> CompletableFuture.completedFuture(new TooMany(full));
              case Place place ->
                  joined(new ApprovalKey(wish.agent.organization(), place.id()), wish, attempts);
            });
  }

  private static Duration firstLook(ApprovalRequest request) {
    var first = request.workflows().getFirst().tiers().get(request.firstTier());
    var deadline = Duration.ofSeconds(first.timeoutSeconds());
    return deadline.compareTo(FIRST_LOOK) < 0 ? deadline : FIRST_LOOK;
  }

  private CompletionStage<Answer> joined(ApprovalKey key, Wish wish, int attempts) {
    return approvals
        .ask(key, replyTo -> new Ask(wish.request, patience.ends(), replyTo))
        .thenCompose(reply -> {
          var answer = answer(reply);
          // The board had not heard yet that it is over.
          return answer instanceof Over over
                  && over.view().status() != ApprovalStatus.EDITED
                  && attempts > 1
              ? board.close(key).thenCompose(_ -> ask(wish, attempts - 1))
              : CompletableFuture.completedFuture(answer);
        });
  }

  private static Answer answer(Approval.Reply reply) {
    return switch (reply) {
      case Standing(var _, var grant) when grant != null -> new Usable(grant);
      case Standing(var view, var _) when view.status() == ApprovalStatus.PENDING ->
          new Pending(view);
      case Standing(var view, var _) -> new Over(view);
      case Consumed _, Editable _, Refused _ ->
          throw new IllegalStateException("not where an approval stands: " + reply);
    };
  }

  /**
   * What stands in the place of a call.
   *
   * @param view as it stands
   * @param arguments that whoever changed it has written; null: none
   */
  public record Replacement(ApprovalView view, Answer answer, @Nullable JsonNode arguments) {}

  /** The request that stands in the place of another. Fails where there is none. */
  public CompletionStage<Replacement> replacement(ApprovalKey key) {
    return board
        .find(key)
        .thenCombine(
            approvals.ask(key, Approval.Describe::new),
            (entry, reply) -> {
              if (entry.isEmpty() || !(reply instanceof Standing standing)) {
                throw new IllegalStateException("there is no " + key);
              }
              return new Replacement(
                  entry.get().now(standing.view()), answer(reply), entry.get().arguments());
            });
  }

  /**
   * Waits until it is decided, if there is a place to wait in: on the node, and of those of one
   * agent, so that none takes all of them.
   *
   * @param pending as it stands
   * @param limit after which it is pending still
   * @param wanted whether anybody still waits for the answer
   * @return never fails
   */
  public CompletionStage<Answer> await(
      ApprovalKey key, Pending pending, Duration limit, BooleanSupplier wanted) {
    var agent = new AgentKey(key.organization(), pending.view().agentId());
    if (!limit.isPositive() || !takesPlace(agent)) {
      return CompletableFuture.completedFuture(pending);
    }
    return await(key, pending, System.nanoTime() + limit.toNanos(), wanted)
        .whenComplete((_, _) -> leavesPlace(agent));
  }

  private boolean takesPlace(AgentKey agent) {
    int ofAgent = waitingOfAgent.merge(agent, 1, Integer::sum);
    if (waiting.incrementAndGet() <= config.waitersPerNode()
        && ofAgent <= config.waitersPerAgent()) {
      return true;
    }
    leavesPlace(agent);
    return false;
  }

  private void leavesPlace(AgentKey agent) {
    waiting.decrementAndGet();
    var _ = waitingOfAgent.computeIfPresent(agent, (_, count) -> count == 1 ? null : count - 1);
  }

  private CompletionStage<Answer> await(
      ApprovalKey key, Pending pending, long end, BooleanSupplier wanted) {
    long left = end - System.nanoTime();
    if (left <= 0 || !wanted.getAsBoolean()) {
      return CompletableFuture.completedFuture(pending);
    }
    Instant until = patience.ends();
    return approvals
        .ask(key, replyTo -> new Await(until, replyTo))
        .toCompletableFuture()
        .copy()
        .thenApply(ApprovalDesk::answer)
        .completeOnTimeout(pending, left, TimeUnit.NANOSECONDS)
        .handle((answer, failure) -> {
          if (failure == null) {
            return CompletableFuture.completedStage(answer);
          }
          // Silence is how a request answers of which nothing has become meanwhile.
          return isTimeout(failure)
              ? await(key, pending, end, wanted)
              : CompletableFuture.<Answer>completedStage(pending);
        })
        .thenCompose(again -> again);
  }

  private static boolean isTimeout(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof TimeoutException) {
        return true;
      }
    }
    return false;
  }

  /**
   * Spends the grant for this action, durably (G9).
   *
   * @return false: there is none any more; fails where that is not known, and then it counts as
   *     spent
   */
  public CompletionStage<Boolean> consume(ApprovalKey key, ActionId action) {
    return approvals
        .ask(key, replyTo -> new Consume(action, patience.ends(), replyTo))
        .thenApply(reply -> reply instanceof Consumed);
  }
}
