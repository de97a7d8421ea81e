package io.redoubt.agent;

import io.redoubt.agent.Agent.Command;
import io.redoubt.agent.Agent.FenceFailed;
import io.redoubt.agent.Agent.FenceRaised;
import io.redoubt.agent.Agent.Refusal;
import io.redoubt.agent.Agent.Refused;
import io.redoubt.agent.Agent.Reply;
import io.redoubt.agent.Agent.RetryFence;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Brings the fence in the database up to where the agent's state says, and holds back the answers
 * that promise it (G3). Belongs to one incarnation of one agent, and is used on its thread only.
 */
final class FenceKeeper {
  /** Message and key of the timer. */
  private static final RetryFence RETRY = new RetryFence();

  private record Waiting(long fence, Runnable up, Runnable givenUp) {}

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final AgentKey agent;
  private final Fences fences;
  private final FenceConfig config;
  private final Deque<Waiting> waiting = new ArrayDeque<>();

  /** Where the state says the fence stands. */
  private long wanted;

  /** Where the database is known to have it. */
  private long raised;

  private boolean raising;
  private int failures;

  /** To be run when nobody waits any more; null: nothing. */
  private @Nullable Runnable onceAnswered;

  FenceKeeper(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      AgentKey agent,
      Fences fences,
      FenceConfig config) {
    this.context = context;
    this.timers = timers;
    this.agent = agent;
    this.fences = fences;
    this.config = config;
  }

  /** A new incarnation does not know how far its predecessor came, so it makes sure once. */
  void recovered(long fence) {
    wanted = fence;
    raised = 0;
    raising = false;
    failures = 0;
    raise();
  }

  /** Answers as soon as the database's fence stands at {@code fence} or higher. */
  void answer(long fence, ActorRef<Reply> replyTo, Reply reply) {
    await(fence, () -> replyTo.tell(reply), () -> replyTo.tell(new Refused(Refusal.UNAVAILABLE)));
  }

  /**
   * Goes on as soon as the database's fence stands at {@code fence} or higher, on the actor's
   * thread.
   *
   * @param givenUp runs in its place where nobody knows when that will be
   */
  void await(long fence, Runnable up, Runnable givenUp) {
    wanted = Math.max(wanted, fence);
    if (raised >= fence) {
      up.run();
    } else if (waiting.size() >= config.waitingLimit()) {
      givenUp.run();
    } else {
      waiting.add(new Waiting(fence, up, givenUp));
      raise();
    }
  }

  void onRaised(FenceRaised done) {
    raising = false;
    failures = 0;
    raised = Math.max(raised, done.fence());
    waiting.removeIf(this::answerIfRaised);
    goOnIfAnswered();
    raise();
  }

  void onFailed(FenceFailed failed) {
    raising = false;
    failures++;
    context
        .getLog()
        .warn("The fence of {} could not be raised to {}: {}", agent, failed.fence(), failed.why());
    if (failures >= config.attempts()) {
      giveUp();
    }
    // Nobody may wait any longer, but the fence must still go up.
    timers.startSingleTimer(RETRY, config.pause(failures));
  }

  void onRetry() {
    raise();
  }

  /** The answers will not come from this incarnation. */
  void giveUp() {
    var unanswered = List.copyOf(waiting);
    waiting.clear();
    unanswered.forEach(each -> each.givenUp().run());
    goOnIfAnswered();
  }

  /** Whether somebody waits for the fence. */
  boolean isAwaited() {
    return !waiting.isEmpty();
  }

  /** Runs it as soon as those who wait have their answers, whatever these are. */
  void onceAnswered(Runnable then) {
    onceAnswered = then;
    goOnIfAnswered();
  }

  private void goOnIfAnswered() {
    var then = onceAnswered;
    if (then != null && waiting.isEmpty()) {
      onceAnswered = null;
      then.run();
    }
  }

  private boolean answerIfRaised(Waiting each) {
    if (raised < each.fence()) {
      return false;
    }
    each.up().run();
    return true;
  }

  private void raise() {
    if (raising || raised >= wanted) {
      return;
    }
    raising = true;
    timers.cancel(RETRY);
    long fence = wanted;
    context.pipeToSelf(
        attempt(fence),
        (_, failure) ->
            failure == null ? new FenceRaised(fence) : new FenceFailed(fence, failure.toString()));
  }

  /** Answers with something, since a null that reaches nobody any more breaks Pekko's listener. */
  private CompletionStage<Done> attempt(long fence) {
    try {
      return fences
          .raise(agent, fence)
          .toCompletableFuture()
          .thenApply(_ -> Done.getInstance()) // and so the time limit is ours, not the port's
          .orTimeout(config.timeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }
}
