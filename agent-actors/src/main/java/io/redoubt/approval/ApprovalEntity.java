package io.redoubt.approval;

import io.redoubt.approval.Approval.Ask;
import io.redoubt.approval.Approval.Asked;
import io.redoubt.approval.Approval.Await;
import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.Approval.Cancel;
import io.redoubt.approval.Approval.Cancelled;
import io.redoubt.approval.Approval.Command;
import io.redoubt.approval.Approval.Consume;
import io.redoubt.approval.Approval.Consumed;
import io.redoubt.approval.Approval.DeadlinePassed;
import io.redoubt.approval.Approval.Describe;
import io.redoubt.approval.Approval.Edit;
import io.redoubt.approval.Approval.Editable;
import io.redoubt.approval.Approval.Edited;
import io.redoubt.approval.Approval.Event;
import io.redoubt.approval.Approval.GrantUsed;
import io.redoubt.approval.Approval.Judged;
import io.redoubt.approval.Approval.MayEdit;
import io.redoubt.approval.Approval.NotWritten;
import io.redoubt.approval.Approval.Refusal;
import io.redoubt.approval.Approval.Refused;
import io.redoubt.approval.Approval.Reply;
import io.redoubt.approval.Approval.Standing;
import io.redoubt.approval.Approval.Stop;
import io.redoubt.approval.Approval.Vote;
import io.redoubt.approval.Approval.WriteAgain;
import io.redoubt.approval.Approval.Written;
import io.redoubt.approval.ApprovalState.Closed;
import io.redoubt.approval.ApprovalState.Granted;
import io.redoubt.approval.ApprovalState.Pending;
import io.redoubt.approval.ApprovalState.Unasked;
import io.redoubt.audit.AuditLog;
import io.redoubt.protocol.approval.ModelOpinion;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding.Passivate;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding.ShardCommand;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.ReplyEffect;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A request for approval: the one place where it is decided, and where its grant is spent (G9). */
final class ApprovalEntity
    extends EventSourcedBehaviorWithEnforcedReplies<Command, Event, ApprovalState> {
  /** Part of the journal's keys, so never changed. */
  static final String TYPE = "Approval";

  private static final Logger LOG = LoggerFactory.getLogger(ApprovalEntity.class);
  private static final DeadlinePassed DEADLINE = new DeadlinePassed();

  /** The tier of a workflow. */
  private record Place(int workflow, int tier) {}

  private record Waiting(Instant until, ActorRef<Reply> replyTo) {}

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final ApprovalKey key;
  private final ActorRef<ShardCommand> shard;
  private final Scribe scribe;
  private final TierJudge judge;
  private final ApprovalConfig config;
  private final InstantSource clock;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private @Nullable Place judging;

  private ApprovalEntity(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      ApprovalKey key,
      ActorRef<ShardCommand> shard,
      Scribe scribe,
      TierJudge judge,
      ApprovalConfig config,
      InstantSource clock) {
    super(PersistenceId.of(TYPE, key.entityId()), config.entity().restart());
    this.context = context;
    this.timers = timers;
    this.key = key;
    this.shard = shard;
    this.scribe = scribe;
    this.judge = judge;
    this.config = config;
    this.clock = clock;
  }

  static Behavior<Command> create(
      ApprovalKey key,
      ActorRef<ShardCommand> shard,
      ApprovalBoard board,
      AuditLog audit,
      Trail trail,
      TierJudge judge,
      ApprovalConfig config,
      InstantSource clock) {
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers -> {
          var scribe =
              new Scribe(
                  context,
                  timers,
                  key,
                  board,
                  audit,
                  trail,
                  config.writeLimit(),
                  config.writePause());
          return new ApprovalEntity(context, timers, key, shard, scribe, judge, config, clock);
        }));
  }

  @Override
  public ApprovalState emptyState() {
    return new Unasked();
  }

  @Override
  public EventHandler<ApprovalState, Event> eventHandler() {
    return ApprovalState::apply;
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return config.entity().retention();
  }

  @Override
  public SignalHandler<ApprovalState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(
            RecoveryCompleted.instance(),
            state -> {
              scribe.recovered(state);
              watchTheClock(state);
            })
        .build();
  }

  /** What has come to pass by itself, comes before whatever is asked now. */
  @Override
  public CommandHandlerWithReply<Command, Event, ApprovalState> commandHandler() {
    return (state, command) -> {
      var late = state.elapsed(clock.instant());
      var now = after(state, late);
      return switch (command) {
        case Ask ask -> onAsk(now, late, ask);
        case Vote vote -> onVote(now, late, vote);
        case MayEdit mayEdit -> onMayEdit(now, late, mayEdit);
        case Edit edit -> onEdit(now, late, edit);
        case Consume consume -> onConsume(now, late, consume);
        case Cancel cancel -> onCancel(now, late, cancel);
        case Await await -> onAwait(now, late, await);
        case Describe describe -> onDescribe(now, late, describe);
        case Judged judged -> onJudged(now, late, judged);
        case DeadlinePassed _ -> onDeadline(now, late);
        case Written written ->
            quietly(() -> {
              scribe.onWritten(written);
              askModel(state);
            });
        case NotWritten failed -> quietly(() -> scribe.onNotWritten(failed));
        case WriteAgain _ -> quietly(scribe::onWriteAgain);
        case Stop _ -> Effect().stop().thenNoReply();
      };
    };
  }

  private static ApprovalState after(ApprovalState state, List<Event> events) {
    for (var event : events) {
      state = state.apply(event);
    }
    return state;
  }

  private ReplyEffect<Event, ApprovalState> onAsk(ApprovalState now, List<Event> late, Ask ask) {
    return switch (now) {
      case Unasked _ when clock.instant().isAfter(ask.until()) -> Effect().noReply();
      case Unasked _ -> {
        var request = ask.request();
        var first = request.workflows().getFirst().tiers().get(request.firstTier());
        Instant at = clock.instant();
        yield persist(
            List.of(new Asked(request, at.plusSeconds(first.timeoutSeconds()), at)),
            ask.replyTo(),
            this::standing);
      }
      case Pending _, Granted _, Closed _ -> persist(late, ask.replyTo(), this::standing);
    };
  }

  private ReplyEffect<Event, ApprovalState> onVote(ApprovalState now, List<Event> late, Vote vote) {
    var ballot = vote.ballot();
    return switch (now) {
      case Unasked _ -> stranger(vote.replyTo());
      case Pending pending ->
          pending
              .refuses(ballot)
              .map(why -> persist(late, vote.replyTo(), after -> refused(why, after)))
              .orElseGet(() -> {
                var events = new ArrayList<>(late);
                events.addAll(pending.heard(ballot, clock.instant()));
                return persist(events, vote.replyTo(), this::standing);
              });
      case Granted _, Closed _ -> decidedBefore(now, late, ballot, vote.replyTo());
    };
  }

  private ReplyEffect<Event, ApprovalState> onMayEdit(
      ApprovalState now, List<Event> late, MayEdit ask) {
    return switch (now) {
      case Unasked _ -> stranger(ask.replyTo());
      case Pending pending ->
          persist(
              late,
              ask.replyTo(),
              pending
                  .refusesEdit(ask.ballot())
                  .<Function<ApprovalState, Reply>>map(why -> after -> refused(why, after))
                  .orElse(_ -> editable(pending.proceedings())));
      case Granted _, Closed _ -> decidedBefore(now, late, ask.ballot(), ask.replyTo());
    };
  }

  private static Reply editable(Proceedings proceedings) {
    return new Editable(proceedings.request(), proceedings.workflow(), proceedings.tier());
  }

  private ReplyEffect<Event, ApprovalState> onEdit(ApprovalState now, List<Event> late, Edit edit) {
    var ballot = edit.ballot();
    return switch (now) {
      case Unasked _ -> stranger(edit.replyTo());
      case Pending pending ->
          pending
              .refusesEdit(ballot)
              .map(why -> persist(late, edit.replyTo(), after -> refused(why, after)))
              .orElseGet(() -> {
                var events = new ArrayList<>(late);
                events.add(new Edited(ballot, edit.to(), clock.instant()));
                return persist(events, edit.replyTo(), this::standing);
              });
      case Granted _, Closed _ -> decidedBefore(now, late, ballot, edit.replyTo());
    };
  }

  /** Whoever said it before is told how it stands; to others it is decided. */
  private ReplyEffect<Event, ApprovalState> decidedBefore(
      ApprovalState now, List<Event> late, Ballot ballot, ActorRef<Reply> replyTo) {
    var proceedings = now.proceedings();
    return proceedings != null && proceedings.heard(ballot)
        ? persist(late, replyTo, this::standing)
        : persist(late, replyTo, after -> refused(Refusal.DECIDED, after));
  }

  /** Durable before anything is released: who dies with it has spent it (G9). */
  private ReplyEffect<Event, ApprovalState> onConsume(
      ApprovalState now, List<Event> late, Consume consume) {
    var replyTo = consume.replyTo();
    var proceedings = now.proceedings();
    if (proceedings == null) {
      return stranger(replyTo);
    }
    if (clock.instant().isAfter(consume.until())) {
      return Effect().noReply();
    }
    if (proceedings.wasUsedBy(consume.action())) {
      return persist(late, replyTo, this::consumed);
    }
    if (!(now instanceof Granted)) {
      return persist(late, replyTo, after -> refused(Refusal.NOT_GRANTED, after));
    }
    var events = new ArrayList<>(late);
    events.add(new GrantUsed(consume.action(), clock.instant()));
    return persist(events, replyTo, this::consumed);
  }

  private ReplyEffect<Event, ApprovalState> onCancel(
      ApprovalState now, List<Event> late, Cancel cancel) {
    return switch (now) {
      case Unasked _ -> stranger(cancel.replyTo());
      case Pending _, Granted _ -> {
        var events = new ArrayList<>(late);
        events.add(new Cancelled(cancel.why(), cancel.by(), clock.instant()));
        yield persist(events, cancel.replyTo(), this::standing);
      }
      case Closed _ -> persist(late, cancel.replyTo(), this::standing);
    };
  }

  private ReplyEffect<Event, ApprovalState> onAwait(
      ApprovalState now, List<Event> late, Await await) {
    return switch (now) {
      case Unasked _ -> stranger(await.replyTo());
      case Pending _ -> {
        waiting.removeIf(each -> clock.instant().isAfter(each.until()));
        if (waiting.size() >= config.waitersPerRequest()) {
          yield persist(late, await.replyTo(), this::standing);
        }
        waiting.add(new Waiting(await.until(), await.replyTo()));
        yield persist(late);
      }
      case Granted _, Closed _ -> persist(late, await.replyTo(), this::standing);
    };
  }

  private ReplyEffect<Event, ApprovalState> onDescribe(
      ApprovalState now, List<Event> late, Describe describe) {
    return now instanceof Unasked
        ? stranger(describe.replyTo())
        : persist(late, describe.replyTo(), this::standing);
  }

  /** What a model says too late, or twice, changes nothing. */
  private ReplyEffect<Event, ApprovalState> onJudged(
      ApprovalState now, List<Event> late, Judged judged) {
    var events = new ArrayList<>(late);
    if (now instanceof Pending pending) {
      events.addAll(
          pending.judged(judged.workflow(), judged.tier(), judged.opinion(), clock.instant()));
    }
    return persist(events);
  }

  /**
   * Asks the model whose turn it is, as soon as that is on record; once in each incarnation: what a
   * crash cut off is asked again, as long as there is time.
   */
  private void askModel(ApprovalState state) {
    if (!(state instanceof Pending pending)
        || !pending.waitsForModel()
        || !clock.instant().isBefore(pending.until())) {
      return;
    }
    var proceedings = pending.proceedings();
    if (!scribe.hasWritten(proceedings)) {
      return;
    }
    var place = new Place(proceedings.workflow(), proceedings.tier());
    if (place.equals(judging)) {
      return;
    }
    judging = place;
    var question =
        new TierJudge.Question(
            key, proceedings.request(), proceedings.askedTier(), pending.until());
    context.pipeToSelf(
        opinion(question),
        (opinion, failure) ->
            new Judged(
                place.workflow(),
                place.tier(),
                failure == null
                    ? opinion
                    : ModelOpinion.none(question.model(), "it could not be asked")));
  }

  private CompletionStage<ModelOpinion> opinion(TierJudge.Question question) {
    try {
      return judge
          .ask(question)
          .whenComplete((_, failure) -> {
            if (failure != null) {
              LOG.warn(
                  "{} could not be asked about {}: {}", question.model(), key, failure.toString());
            }
          });
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  /** A timer is no clock: what was set for another time may go off early. */
  private ReplyEffect<Event, ApprovalState> onDeadline(ApprovalState now, List<Event> late) {
    return late.isEmpty() ? quietly(() -> watchTheClock(now)) : persist(late);
  }

  private ReplyEffect<Event, ApprovalState> persist(List<Event> events) {
    return events.isEmpty()
        ? Effect().noReply()
        : Effect().persist(events).thenRun(this::changed).thenNoReply();
  }

  private ReplyEffect<Event, ApprovalState> persist(
      List<Event> events, ActorRef<Reply> replyTo, Function<ApprovalState, Reply> reply) {
    return events.isEmpty()
        ? Effect().none().thenReply(replyTo, reply::apply)
        : Effect().persist(events).thenRun(this::changed).thenReply(replyTo, reply::apply);
  }

  private void changed(ApprovalState after) {
    scribe.write(after);
    watchTheClock(after);
    if (!(after instanceof Pending)) {
      waiting.forEach(each -> each.replyTo().tell(standing(after)));
      waiting.clear();
    }
  }

  private void watchTheClock(ApprovalState state) {
    Instant deadline = state.deadline();
    if (deadline == null) {
      timers.cancel(DEADLINE);
    } else {
      var left = Duration.between(clock.instant(), deadline);
      timers.startSingleTimer(DEADLINE, left.isPositive() ? left : Duration.ofMillis(1));
    }
  }

  private Reply standing(ApprovalState state) {
    return switch (state) {
      case Unasked _ -> new Refused(Refusal.UNKNOWN, null);
      case Pending pending -> new Standing(pending.view(key), null);
      case Granted granted ->
          new Standing(granted.view(key), granted.proceedings().grant(key, granted.at()));
      case Closed closed -> new Standing(closed.view(key), null);
    };
  }

  private Reply consumed(ApprovalState state) {
    var view = state.view(key);
    return view == null ? new Refused(Refusal.UNKNOWN, null) : new Consumed(view);
  }

  private Reply refused(Refusal why, ApprovalState state) {
    return new Refused(why, state.view(key));
  }

  private ReplyEffect<Event, ApprovalState> quietly(Runnable work) {
    return Effect().none().thenRun(work::run).thenNoReply();
  }

  /** Whoever names requests that do not exist fills neither the journal nor the memory (G11). */
  private ReplyEffect<Event, ApprovalState> stranger(ActorRef<Reply> replyTo) {
    return Effect()
        .none()
        .thenRun(() -> shard.tell(new Passivate<>(context.getSelf())))
        .thenReply(replyTo, _ -> new Refused(Refusal.UNKNOWN, null));
  }
}
