package io.redoubt.enclave.membership;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends what a node that is gone for good left open: nothing is permitted to it any more, and its
 * intents get the outcome {@code unknown} (G4). If it lives after all, since it was only paused or
 * cut off, it learns from its missing place that it has to end. Every node does so for every other,
 * and tries until it is done, since the one that is gone may never start again; again changes
 * nothing.
 */
public final class DepartedMembers extends AbstractBehavior<DepartedMembers.Command> {
  private static final Logger LOG = LoggerFactory.getLogger(DepartedMembers.class);

  /** What it is told. */
  public sealed interface Command {}

  /** Look for starts of nodes that died with the whole cluster, so that no other saw it. */
  public record Sweep() implements Command {}

  private record Removed(MemberRemoved event) implements Command {}

  private record Found(@Nullable List<Long> abandoned, @Nullable Throwable failure)
      implements Command {}

  /** {@code open}: how many intents of it there were; null: it failed, or is not ours to say. */
  private record Ended(
      Gone gone, Duration pause, @Nullable Integer open, @Nullable Throwable failure)
      implements Command {}

  private record Again(Gone gone, Duration pause) implements Command {}

  /** A start of a node that is gone; null: its place is given away already. */
  private record Gone(String name, @Nullable UUID session, long incarnation) {}

  /**
   * How long it pauses before it tries again.
   *
   * @param first doubling
   * @param longest up to this
   */
  public record Pauses(Duration first, Duration longest) {
    public static final Pauses USUAL = new Pauses(Duration.ofSeconds(1), Duration.ofMinutes(1));

    Duration after(Duration pause) {
      Duration twice = pause.multipliedBy(2);
      return twice.compareTo(longest) > 0 ? longest : twice;
    }
  }

  /**
   * What is done about them.
   *
   * @param giveAway takes a node's place, unless this node has lost its own: then it is the one who
   *     is gone, and false
   * @param abandoned starts of nodes that have no place, and are not ended
   * @param end ends one and answers how many intents it left open
   */
  public record Steps(
      Function<UUID, CompletionStage<Boolean>> giveAway,
      Supplier<CompletionStage<List<Long>>> abandoned,
      LongFunction<CompletionStage<Integer>> end) {}

  private static final String SWEEP = "sweep";

  private final TimerScheduler<Command> timers;
  private final Steps steps;
  private final Pauses pauses;
  private final Cluster cluster;
  private Duration sweepPause;

  private DepartedMembers(
      ActorContext<Command> context, TimerScheduler<Command> timers, Steps steps, Pauses pauses) {
    super(context);
    this.timers = timers;
    this.steps = steps;
    this.pauses = pauses;
    this.sweepPause = pauses.first();
    this.cluster = Cluster.get(context.getSystem());
    cluster
        .subscriptions()
        .tell(
            Subscribe.create(
                context.messageAdapter(MemberRemoved.class, Removed::new), MemberRemoved.class));
  }

  /** The actor, one on each node. */
  public static Behavior<Command> create(Steps steps, Pauses pauses) {
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers -> new DepartedMembers(context, timers, steps, pauses)));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::onMessage).build();
  }

  private Behavior<Command> onMessage(Command command) {
    switch (command) {
      case Removed(var event) -> onRemoved(event);
      case Sweep _ -> getContext().pipeToSelf(steps.abandoned().get(), Found::new);
      case Found(var abandoned, var failure) -> onFound(abandoned, failure);
      case Ended ended -> onEnded(ended);
      case Again(var gone, var pause) -> end(gone, pause);
    }
    return this;
  }

  private void onRemoved(MemberRemoved event) {
    Member member = event.member();
    var session = MemberRoles.session(member);
    var incarnation = MemberRoles.incarnation(member);
    if (!member.uniqueAddress().equals(cluster.selfMember().uniqueAddress())
        && wasRemoved(event)
        && session.isPresent()
        && incarnation.isPresent()) {
      var gone = new Gone(MemberRoles.name(member), session.get(), incarnation.getAsLong());
      end(gone, pauses.first());
    }
  }

  /** A cluster that shuts down on this node also tells it that all the others are removed. */
  private static boolean wasRemoved(MemberRemoved removed) {
    return removed.previousStatus().equals(MemberStatus.down())
        || removed.previousStatus().equals(MemberStatus.exiting());
  }

  private void onFound(@Nullable List<Long> abandoned, @Nullable Throwable failure) {
    if (abandoned == null) {
      LOG.warn("What nodes left open cannot be looked for now: {}", String.valueOf(failure));
      timers.startSingleTimer(SWEEP, new Sweep(), sweepPause);
      sweepPause = pauses.after(sweepPause);
      return;
    }
    sweepPause = pauses.first();
    for (long incarnation : abandoned) {
      end(new Gone("A node with incarnation " + incarnation, null, incarnation), pauses.first());
    }
  }

  private void end(Gone gone, Duration pause) {
    if (cluster.isTerminated()) {
      return; // This node goes itself, and sees all the others go.
    }
    UUID session = gone.session();
    CompletionStage<Boolean> mine =
        session == null ? CompletableFuture.completedFuture(true) : steps.giveAway().apply(session);
    CompletionStage<@Nullable Integer> ended =
        mine.thenCompose(may ->
            may
                ? steps.end().apply(gone.incarnation()).thenApply(open -> open)
                : CompletableFuture.completedFuture(null));
    getContext().pipeToSelf(ended, (open, failure) -> new Ended(gone, pause, open, failure));
  }

  private void onEnded(Ended ended) {
    Gone gone = ended.gone();
    if (ended.failure() != null) {
      LOG.warn(
          "{} is gone, and its intents stay open for {} more: {}",
          gone.name(),
          ended.pause(),
          ended.failure().toString());
      timers.startSingleTimer(gone, new Again(gone, pauses.after(ended.pause())), ended.pause());
    } else if (ended.open() == null) {
      LOG.warn(
          "{} is gone, as far as this node can say, which has lost its own place", gone.name());
    } else {
      LOG.info("{} is gone; {} intents of it end as unknown", gone.name(), ended.open());
    }
  }
}
