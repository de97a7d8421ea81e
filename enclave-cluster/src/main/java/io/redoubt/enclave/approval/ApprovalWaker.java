package io.redoubt.enclave.approval;

import io.redoubt.approval.Approval;
import io.redoubt.approval.ApprovalBoard;
import io.redoubt.approval.ApprovalConfig;
import io.redoubt.approval.ApprovalKey;
import io.redoubt.approval.Approvals;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wakes the requests whose time has come while nobody holds them in memory, so that a deadline
 * passes on time although every node was restarted. A cluster singleton; waking one twice, or one
 * that is awake, does nothing.
 */
public final class ApprovalWaker {
  private static final Logger LOG = LoggerFactory.getLogger(ApprovalWaker.class);
  private static final int AT_ONCE = 500;

  private ApprovalWaker() {}

  /** What the waker is told. */
  public sealed interface Command {}

  private record Look() implements Command {}

  /** Everybody who was due has answered. */
  private record Woken(int count) implements Command {}

  private record NotWoken(Throwable why) implements Command {}

  /** The behavior of a node that holds the singleton. */
  public static Behavior<Command> create(
      ApprovalConfig config, Approvals approvals, ApprovalBoard board, InstantSource clock) {
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers -> {
          timers.startSingleTimer(new Look(), config.wakeEvery());
          return Behaviors.receiveMessage(message -> {
            switch (message) {
              case Look _ ->
                  context.pipeToSelf(
                      board
                          .due(clock.instant(), AT_ONCE)
                          .thenCompose(due -> wake(due, approvals, board)),
                      (count, failure) ->
                          failure == null && count != null
                              ? new Woken(count)
                              : new NotWoken(
                                  failure == null ? new IllegalStateException() : failure));
              case Woken(var count) -> {
                if (count == AT_ONCE) {
                  context.getSelf().tell(new Look());
                } else {
                  timers.startSingleTimer(new Look(), config.wakeEvery());
                }
              }
              case NotWoken(var why) -> {
                LOG.warn("Approvals that are due have to wait: {}", why.toString());
                timers.startSingleTimer(new Look(), config.wakeEvery());
              }
            }
            return Behaviors.same();
          });
        }));
  }

  private static CompletionStage<Integer> wake(
      List<ApprovalKey> due, Approvals approvals, ApprovalBoard board) {
    var woken =
        due.stream()
            .map(key -> wake(key, approvals, board).toCompletableFuture())
            .toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(woken).thenApply(_ -> due.size());
  }

  /** One that does not answer keeps no other back: it is due still. */
  private static CompletionStage<Void> wake(
      ApprovalKey key, Approvals approvals, ApprovalBoard board) {
    return approvals
        .ask(key, Approval.Describe::new)
        .thenCompose(reply ->
            reply instanceof Approval.Refused
                ? board.drop(key) // its node died between the board and the actor
                : CompletableFuture.<Void>completedFuture(null))
        .exceptionally(failure -> {
          LOG.warn("{} cannot be woken for now: {}", key, failure.toString());
          return null;
        });
  }
}
