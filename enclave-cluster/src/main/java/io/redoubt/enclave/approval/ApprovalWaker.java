package io.redoubt.enclave.approval;

import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Agents;
import io.redoubt.approval.Approval;
import io.redoubt.approval.ApprovalBoard;
import io.redoubt.approval.ApprovalConfig;
import io.redoubt.approval.ApprovalDesk;
import io.redoubt.approval.ApprovalKey;
import io.redoubt.approval.Approvals;
import io.redoubt.approval.OpenRequests;
import io.redoubt.singleton.SupersededException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wakes the requests whose time comes while nobody holds them in memory, so that a deadline passes
 * on time although every node was restarted; and ends those of agents that were stopped by a node
 * that did not live to do so. A cluster singleton; waking one twice, or one that is awake, does
 * nothing. It looks further ahead than it looks away: whom it wakes early has a timer of their own
 * for the very moment, and nothing passes before it. Before that, each is asked once more, for its
 * node may have died since.
 */
public final class ApprovalWaker {
  private static final Logger LOG = LoggerFactory.getLogger(ApprovalWaker.class);
  private static final Look LOOK = new Look();
  private static final LookAtAgents LOOK_AT_AGENTS = new LookAtAgents();

  /** Requests that are being woken at the same time. */
  private static final int AT_ONCE = 500;

  /** Requests that are woken from one look to the next; more have to wait for it. */
  private static final int MOST_WOKEN = 20_000;

  private static final int AGENTS_AT_ONCE = 100;
  private static final Duration AGENTS_EVERY = Duration.ofSeconds(5);

  /** Who asked just before its agent was stopped may come to the board so much later. */
  private static final Duration LATE = Duration.ofMinutes(1);

  /** As long ago as a change can be that a new holder of the singleton has to make up for. */
  private static final Duration EVER = Duration.ofDays(36_500);

  private static final String WHY = "the agent was stopped";

  /** What the waker is told. */
  public sealed interface Command {}

  private record Look() implements Command {}

  /** These are due soon, and some of them before the next look; {@code all}: and no others. */
  private record Due(List<ApprovalBoard.Due> soon, Instant nextLook, boolean all)
      implements Command {}

  private record NotLooked(Throwable why) implements Command {}

  /** It has answered, or does not. */
  private record Woken(ApprovalKey key, boolean early) implements Command {}

  private record LookAtAgents() implements Command {}

  /** All that had changed until then were looked at. */
  private record AgentsSeen(Instant until) implements Command {}

  private record AgentsNotSeen(Throwable why) implements Command {}

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final ApprovalConfig config;
  private final Agents agents;
  private final Approvals approvals;
  private final ApprovalBoard board;
  private final OpenRequests requests;
  private final InstantSource clock;
  private final Set<ApprovalKey> waking = new HashSet<>();

  /**
   * Were asked before the last look that was due, and have not answered: what was said to a node
   * that died is lost, and whoever waited for its time-out would be seconds late.
   */
  private final Set<ApprovalKey> silent = new HashSet<>();

  /** Were woken since the last look that was due: they are due until their time has come. */
  private final Set<ApprovalKey> woken = new HashSet<>();

  /** Were woken, and their time comes after the next look only. */
  private final Set<ApprovalKey> early = new HashSet<>();

  private boolean looking;
  private boolean behind;
  private @Nullable Instant agentsSeen;

  private ApprovalWaker(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      ApprovalConfig config,
      Agents agents,
      Approvals approvals,
      ApprovalBoard board,
      InstantSource clock) {
    this.context = context;
    this.timers = timers;
    this.config = config;
    this.agents = agents;
    this.approvals = approvals;
    this.board = board;
    this.requests = new OpenRequests(approvals, board);
    this.clock = clock;
  }

  /** The behavior of a node that holds the singleton. */
  public static Behavior<Command> create(
      ApprovalConfig config,
      Agents agents,
      Approvals approvals,
      ApprovalBoard board,
      InstantSource clock) {
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers -> {
          // Whoever held this before may have looked away for some time.
          context.getSelf().tell(LOOK);
          timers.startSingleTimer(LOOK_AT_AGENTS, config.wakeEvery());
          var waker = new ApprovalWaker(context, timers, config, agents, approvals, board, clock);
          return Behaviors.receiveMessage(waker::on);
        }));
  }

  private Behavior<Command> on(Command message) {
    switch (message) {
      case Look _ -> {
        woken.clear(); // who died again with its node has to be woken again
        silent.addAll(waking);
        waking.clear();
        look();
      }
      case Due due -> onDue(due);
      case NotLooked(var why) -> {
        looking = false;
        notDone("Approvals that are due have to wait", why);
        timers.startSingleTimer(LOOK, config.wakeEvery());
      }
      case Woken one -> onWoken(one);
      case LookAtAgents _ -> lookAtAgents();
      case AgentsSeen(var until) -> {
        agentsSeen = until;
        timers.startSingleTimer(LOOK_AT_AGENTS, AGENTS_EVERY);
      }
      case AgentsNotSeen(var why) -> {
        notDone("What stopped agents have asked for stays open for now", why);
        timers.startSingleTimer(LOOK_AT_AGENTS, AGENTS_EVERY);
      }
    }
    return Behaviors.same();
  }

  private static void notDone(String what, Throwable why) {
    if (SupersededException.isBehind(why)) {
      throw new SupersededException("another node has come to wake approvals");
    }
    LOG.warn("{}: {}", what, why.toString());
  }

  private void look() {
    if (looking) {
      return;
    }
    looking = true;
    int limit = AT_ONCE + waking.size() + silent.size() + woken.size() + early.size();
    var now = clock.instant();
    context.pipeToSelf(
        board.due(now.plus(config.wakeAhead()), limit),
        (due, failure) ->
            failure == null && due != null
                ? new Due(due, now.plus(config.wakeEvery()), due.size() < limit)
                : new NotLooked(failure == null ? new IllegalStateException() : failure));
  }

  /**
   * One that does not answer keeps no other back: nobody waits for it before the next look, and
   * then it is asked once more beside as many others as ever.
   */
  private void onDue(Due due) {
    looking = false;
    behind = !due.all();
    int room = AT_ONCE - waking.size();
    int again = AT_ONCE;
    var yet = new HashSet<ApprovalKey>();
    for (var one : due.soon()) {
      var key = one.key();
      boolean isEarly = one.at().isAfter(due.nextLook());
      if (isEarly) {
        yet.add(key);
      }
      boolean asked = silent.contains(key);
      if ((isEarly ? early : woken).contains(key)
          || waking.contains(key)
          || (asked ? again : room) <= 0) {
        continue;
      }
      if (asked) {
        again--;
        silent.remove(key);
      } else {
        room--;
      }
      waking.add(key);
      context.pipeToSelf(wake(key), (_, _) -> new Woken(key, isEarly));
    }
    early.retainAll(yet);
    timers.startSingleTimer(LOOK, config.wakeEvery());
  }

  private void onWoken(Woken one) {
    waking.remove(one.key());
    silent.remove(one.key());
    (one.early() ? early : woken).add(one.key());
    if (behind && woken.size() + early.size() < MOST_WOKEN && waking.size() < AT_ONCE / 2) {
      look();
    }
  }

  /** Never fails. */
  private CompletionStage<Boolean> wake(ApprovalKey key) {
    return approvals
        .ask(key, Approval.Describe::new)
        .thenCompose(reply ->
            reply instanceof Approval.Refused
                // Its node died between the board and the actor, or it is on its way there.
                ? board.drop(key, clock.instant().minus(ApprovalDesk.GRACE))
                : CompletableFuture.<Void>completedFuture(null))
        .handle((_, failure) -> {
          if (failure != null) {
            LOG.warn("{} cannot be woken for now: {}", key, failure.toString());
          }
          return failure == null;
        });
  }

  private void lookAtAgents() {
    var now = clock.instant();
    var since = agentsSeen;
    var within = since == null || since.isAfter(now) ? EVER : Duration.between(since, now);
    context.pipeToSelf(
        endOfStopped(within.plus(LATE), null),
        (_, failure) -> failure == null ? new AgentsSeen(now) : new AgentsNotSeen(failure));
  }

  private CompletionStage<Boolean> endOfStopped(Duration within, @Nullable AgentKey after) {
    return board
        .overtaken(within, after, AGENTS_AT_ONCE)
        .thenCompose(page -> {
          var ends =
              page.stream()
                  .map(agent -> endIfStopped(agent).toCompletableFuture())
                  .toArray(CompletableFuture<?>[]::new);
          return CompletableFuture.allOf(ends)
              .thenCompose(_ ->
                  page.size() < AGENTS_AT_ONCE
                      ? CompletableFuture.completedStage(true)
                      : endOfStopped(within, page.getLast()));
        });
  }

  private CompletionStage<Void> endIfStopped(AgentKey agent) {
    return agents
        .ask(agent, Agent.Describe::new)
        .thenCompose(reply ->
            reply instanceof Agent.Description description && description.status().isStopped()
                ? requests.cancelAll(agent, WHY, null)
                : CompletableFuture.<Void>completedFuture(null));
  }
}
