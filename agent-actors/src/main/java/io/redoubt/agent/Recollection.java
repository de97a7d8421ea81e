package io.redoubt.agent;

import io.redoubt.action.Act;
import io.redoubt.agent.Agent.Command;
import io.redoubt.agent.Agent.HistoryRead;
import io.redoubt.agent.Agent.HistoryUnknown;
import io.redoubt.agent.Agent.Refusal;
import io.redoubt.agent.Agent.Refused;
import io.redoubt.agent.Agent.Reply;
import io.redoubt.session.History;
import io.redoubt.session.Session;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/**
 * What a recovered agent did before it is decided about: read from the log when it is first asked
 * for, since most incarnations only rotate. Who asks meanwhile waits; where the log cannot be read,
 * nothing is permitted (G5).
 */
final class Recollection {
  private record Waiting(Command question, ActorRef<Reply> replyTo) {}

  /** Questions that wait; the next is told to come again. */
  private static final int MAX_WAITING = 128;

  private final ActorContext<Command> context;
  private final AgentKey agent;
  private final History history;
  private final Judge judge;
  private final Duration limit;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private boolean known;
  private boolean reading;

  /**
   * Nothing is known yet.
   *
   * @param limit for one attempt to read the log
   */
  Recollection(
      ActorContext<Command> context, AgentKey agent, History history, Judge judge, Duration limit) {
    this.context = context;
    this.agent = agent;
    this.history = history;
    this.judge = judge;
    this.limit = limit;
  }

  /** A new incarnation hears no more of what its predecessor asked. */
  void recovered() {
    reading = false;
  }

  boolean isKnown() {
    return known;
  }

  /** Keeps the question until the log was read. */
  void await(Command question, ActorRef<Reply> replyTo) {
    if (waiting.size() == MAX_WAITING) {
      replyTo.tell(new Refused(Refusal.UNAVAILABLE));
      return;
    }
    waiting.add(new Waiting(question, replyTo));
    if (!reading) {
      reading = true;
      context.pipeToSelf(
          read(),
          (acts, failure) ->
              failure == null && acts != null
                  ? new HistoryRead(acts)
                  : new HistoryUnknown(String.valueOf(failure)));
    }
  }

  private CompletionStage<List<Act>> read() {
    try {
      return history
          .last(agent.organization(), agent.agent(), Session.LENGTH)
          .toCompletableFuture()
          .copy() // the time limit is ours, not the port's
          .orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  void onRead(HistoryRead read) {
    reading = false;
    if (!known) {
      known = true;
      judge.recall(read.acts());
    }
    waiting.forEach(each -> context.getSelf().tell(each.question()));
    waiting.clear();
  }

  void onUnknown(HistoryUnknown unknown) {
    reading = false;
    context.getLog().warn("What {} did before cannot be read: {}", agent, unknown.why());
    giveUp();
  }

  /** The answers will not come from this incarnation. */
  void giveUp() {
    waiting.forEach(each -> each.replyTo().tell(new Refused(Refusal.UNAVAILABLE)));
    waiting.clear();
  }
}
