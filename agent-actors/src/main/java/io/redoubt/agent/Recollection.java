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
 *
 * <p>Where policies go by it, the fence is raised first: what a predecessor permitted a moment ago
 * is in the log by then, or never will be. Otherwise one act may be missed, which tells less of the
 * agent's habits; once policies go by them, all is read anew.
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

  /** Nothing that was done can be missing from it. */
  private boolean complete;

  private boolean reading;
  private boolean behindFence;
  private long attempt;

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
    over();
  }

  /**
   * Whether enough is known. While it is read anew nothing is: what was permitted meanwhile would
   * be missing from what was read.
   *
   * @param goneBy whether policies go by it
   */
  boolean isKnown(boolean goneBy) {
    return goneBy ? complete : known && !reading;
  }

  /** Keeps the question until the log was read. True: it is the first, so it must be read. */
  boolean await(Command question, ActorRef<Reply> replyTo) {
    if (waiting.size() == MAX_WAITING) {
      replyTo.tell(new Refused(Refusal.UNAVAILABLE));
      return false;
    }
    waiting.add(new Waiting(question, replyTo));
    boolean first = !reading;
    reading = true;
    return first;
  }

  /** The fence in the database stands where the state says. */
  void onFenced() {
    if (reading) {
      behindFence = true;
      read();
    }
  }

  /** It does not, and nobody knows when it will. */
  void onUnfenced() {
    onUnknown(new HistoryUnknown("the fence is not where it should be"));
  }

  void read() {
    long own = ++attempt;
    context.pipeToSelf(
        acts(),
        (acts, failure) ->
            failure == null && acts != null
                ? new HistoryRead(own, acts)
                : new HistoryUnknown(String.valueOf(failure)));
  }

  private CompletionStage<List<Act>> acts() {
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
    if (!reading || read.attempt() != attempt) {
      return; // asked for by a predecessor
    }
    judge.recall(read.acts());
    known = true;
    complete = behindFence;
    over();
    waiting.forEach(each -> context.getSelf().tell(each.question()));
    waiting.clear();
  }

  void onUnknown(HistoryUnknown unknown) {
    context.getLog().warn("What {} did before cannot be read: {}", agent, unknown.why());
    over();
    giveUp();
  }

  private void over() {
    reading = false;
    behindFence = false;
  }

  /** The answers will not come from this incarnation. */
  void giveUp() {
    waiting.forEach(each -> each.replyTo().tell(new Refused(Refusal.UNAVAILABLE)));
    waiting.clear();
  }
}
