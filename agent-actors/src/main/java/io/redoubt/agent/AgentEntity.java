package io.redoubt.agent;

import io.redoubt.agent.Agent.AdmitRefresh;
import io.redoubt.agent.Agent.Bootstrap;
import io.redoubt.agent.Agent.BootstrapBurned;
import io.redoubt.agent.Agent.BootstrapOffered;
import io.redoubt.agent.Agent.BootstrapRepeated;
import io.redoubt.agent.Agent.BudgetOpened;
import io.redoubt.agent.Agent.BudgetTallied;
import io.redoubt.agent.Agent.Command;
import io.redoubt.agent.Agent.Configure;
import io.redoubt.agent.Agent.Configured;
import io.redoubt.agent.Agent.Consider;
import io.redoubt.agent.Agent.Decide;
import io.redoubt.agent.Agent.DecideTogether;
import io.redoubt.agent.Agent.Decommission;
import io.redoubt.agent.Agent.Denial;
import io.redoubt.agent.Agent.Denied;
import io.redoubt.agent.Agent.Describe;
import io.redoubt.agent.Agent.Description;
import io.redoubt.agent.Agent.Done;
import io.redoubt.agent.Agent.Event;
import io.redoubt.agent.Agent.FenceFailed;
import io.redoubt.agent.Agent.FenceRaised;
import io.redoubt.agent.Agent.HistoryRead;
import io.redoubt.agent.Agent.HistoryUnknown;
import io.redoubt.agent.Agent.Isolate;
import io.redoubt.agent.Agent.Isolated;
import io.redoubt.agent.Agent.OfPurse;
import io.redoubt.agent.Agent.OfferBootstrap;
import io.redoubt.agent.Agent.Permitted;
import io.redoubt.agent.Agent.RefreshAdmitted;
import io.redoubt.agent.Agent.Refusal;
import io.redoubt.agent.Agent.Refused;
import io.redoubt.agent.Agent.Release;
import io.redoubt.agent.Agent.Released;
import io.redoubt.agent.Agent.Reply;
import io.redoubt.agent.Agent.RetryFence;
import io.redoubt.agent.Agent.Revoke;
import io.redoubt.agent.Agent.Revoked;
import io.redoubt.agent.Agent.Settle;
import io.redoubt.agent.Agent.Stop;
import io.redoubt.agent.AgentState.Decommissioned;
import io.redoubt.agent.AgentState.Known;
import io.redoubt.agent.AgentState.Lifecycle;
import io.redoubt.agent.AgentState.Unknown;
import io.redoubt.budget.Tally;
import io.redoubt.lease.Lease;
import io.redoubt.policy.Policies;
import io.redoubt.protocol.link.AgentStatus;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
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

/** An agent: the one place where it is decided whether it may do something. */
final class AgentEntity
    extends EventSourcedBehaviorWithEnforcedReplies<Command, Event, AgentState> {
  /** Part of the journal's keys, so never changed. */
  static final String TYPE = "Agent";

  private final ActorContext<Command> context;
  private final ActorRef<ShardCommand> shard;
  private final AgentConfig config;
  private final Lease lease;
  private final InstantSource clock;
  private final FenceKeeper fence;
  private final Judge judge;
  private final Recollection recollection;
  private final Purse purse;

  private @Nullable Instant lastSeenAt;

  private AgentEntity(
      ActorContext<Command> context,
      AgentKey key,
      ActorRef<ShardCommand> shard,
      AgentConfig config,
      Lease lease,
      InstantSource clock,
      FenceKeeper fence,
      Judge judge,
      Recollection recollection,
      Purse purse) {
    super(PersistenceId.of(TYPE, key.entityId()), config.entity().restart());
    this.context = context;
    this.shard = shard;
    this.config = config;
    this.lease = lease;
    this.clock = clock;
    this.fence = fence;
    this.judge = judge;
    this.recollection = recollection;
    this.purse = purse;
  }

  static Behavior<Command> create(
      AgentKey key,
      ActorRef<ShardCommand> shard,
      AgentPorts ports,
      Lease lease,
      AgentConfig config,
      InstantSource clock) {
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers -> {
          var limit = config.entity().askTimeout();
          var fence = new FenceKeeper(context, timers, key, ports.fences(), config.fence());
          var judge = new Judge(key, ports, config.risk(), clock);
          var recollection = new Recollection(context, key, ports.history(), judge, limit);
          var purse = new Purse(context, key, ports.ledger(), ports.organizations(), clock, limit);
          return new AgentEntity(
              context, key, shard, config, lease, clock, fence, judge, recollection, purse);
        }));
  }

  @Override
  public AgentState emptyState() {
    return new Unknown();
  }

  @Override
  public EventHandler<AgentState, Event> eventHandler() {
    return AgentState::apply;
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return config.entity().retention();
  }

  @Override
  public SignalHandler<AgentState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(
            RecoveryCompleted.instance(),
            state -> {
              recollection.recovered();
              purse.recovered();
              fence.recovered(state.fence());
            })
        .build();
  }

  @Override
  public CommandHandlerWithReply<Command, Event, AgentState> commandHandler() {
    return (state, command) ->
        switch (command) {
          case Decide decide -> onDecide(state, decide);
          case DecideTogether decide -> onDecideTogether(state, decide);
          case Consider consider -> onConsider(state, consider);
          case AdmitRefresh admit -> onAdmitRefresh(state, admit);
          case Bootstrap bootstrap -> onBootstrap(state, bootstrap);
          case Configure configure -> onConfigure(state, configure);
          case OfferBootstrap offer -> onOfferBootstrap(state, offer);
          case Isolate isolate -> onIsolate(state, isolate);
          case Release release -> onRelease(state, release);
          case Revoke revoke -> onRevoke(state, revoke);
          case Decommission decommission -> onDecommission(state, decommission);
          case Settle settle -> onSettle(state, settle);
          case Describe describe -> onDescribe(state, describe);
          case OfPurse message -> quietly(() -> purse.hears(message, tally(state)));
          case FenceRaised raised -> quietly(() -> fence.onRaised(raised));
          case FenceFailed failed -> quietly(() -> fence.onFailed(failed));
          case RetryFence _ -> quietly(fence::onRetry);
          case HistoryRead read -> quietly(() -> recollection.onRead(read));
          case HistoryUnknown unknown -> quietly(() -> recollection.onUnknown(unknown));
          case Stop stop when fence.isAwaited() -> quietly(() -> stopOnceAnswered(stop));
          case Stop _ -> Effect().stop().thenRun(this::giveUp).thenNoReply();
        };
  }

  /**
   * What made the agent known may have come just as it was to be forgotten, being a stranger: it is
   * done, and only its fence is not up yet. That takes a moment, or is given up.
   */
  private void stopOnceAnswered(Stop stop) {
    fence.onceAnswered(() -> context.getSelf().tell(stop));
  }

  private void giveUp() {
    fence.giveUp();
    recollection.giveUp();
    purse.giveBack();
    purse.giveUp();
  }

  private ReplyEffect<Event, AgentState> onDecide(AgentState state, Decide decide) {
    return decided(
        state,
        decide,
        decide.until(),
        decide.replyTo(),
        (known, running) -> verdict(known, running, decide));
  }

  private ReplyEffect<Event, AgentState> onDecideTogether(AgentState state, DecideTogether decide) {
    return decided(
        state,
        decide,
        decide.until(),
        decide.replyTo(),
        (known, running) ->
            judge.decideTogether(running, known, decide.actions(), decide.family()));
  }

  private ReplyEffect<Event, AgentState> onConsider(AgentState state, Consider consider) {
    return decided(
        state,
        consider,
        consider.until(),
        consider.replyTo(),
        (known, running) -> judge.consider(running, known, consider.action()));
  }

  private ReplyEffect<Event, AgentState> decided(
      AgentState state,
      Command question,
      Instant until,
      ActorRef<Reply> replyTo,
      BiFunction<Known, Optional<Policies.Running>, Reply> verdict) {
    if (clock.instant().isAfter(until)) {
      return Effect().noReply();
    }
    if (!lease.held()) {
      return refuse(Refusal.UNAVAILABLE, replyTo);
    }
    // Asked for once for all that one message is about: another version may begin to run meanwhile.
    var running = judge.running();
    boolean goneBy = running.filter(it -> it.set().looksAtSession()).isPresent();
    return switch (state) {
      case Unknown _ -> forget(replyTo, new Denied(Denial.UNKNOWN_AGENT, null, null));
      case Known _ when !recollection.isKnown(goneBy) -> recollect(question, replyTo, goneBy);
      case Known known when question instanceof Decide decide && mustOpenPurse(known, decide) ->
          openPurse(decide);
      case Known known when question instanceof Decide decide && mustDraw(known, decide) ->
          quietly(() -> purse.draw(decide));
      case Known known -> reply(replyTo, verdict.apply(known, running));
      case Decommissioned gone -> reply(replyTo, new Denied(Denial.NOT_ACTIVE, gone.spec(), null));
    };
  }

  private ReplyEffect<Event, AgentState> recollect(
      Command question, ActorRef<Reply> replyTo, boolean goneBy) {
    if (!recollection.await(question, replyTo)) {
      return Effect().noReply();
    }
    return goneBy
        ? claim(at -> fence.await(at, recollection::onFenced, recollection::onUnfenced))
        : quietly(recollection::read);
  }

  /**
   * Raises the fence once more: what was permitted below it and is not in the log never will be.
   */
  private ReplyEffect<Event, AgentState> claim(LongConsumer then) {
    return Effect()
        .persist(new BudgetOpened(clock.instant()))
        .thenRun((AgentState after) -> {
          if (purse.mustClaim()) {
            purse.claimed(after.fence());
          }
          then.accept(after.fence());
        })
        .thenNoReply();
  }

  private boolean mustOpenPurse(Known known, Decide decide) {
    return purse.isShutFor(known.spec(), decide.action())
        && known.denies(decide.action(), decide.family()).isEmpty();
  }

  private boolean mustDraw(Known known, Decide decide) {
    return purse.mustDraw(known.spec(), decide.action())
        && known.denies(decide.action(), decide.family()).isEmpty();
  }

  private ReplyEffect<Event, AgentState> openPurse(Decide decide) {
    if (!purse.await(decide)) {
      return Effect().noReply();
    }
    return purse.mustClaim()
        ? claim(at -> fence.answer(at, purse.fenced(), new Done()))
        : replyFenced(purse.fenced(), new Done());
  }

  /** Policies are not asked about what the budget does not allow. */
  private Reply verdict(Known known, Optional<Policies.Running> running, Decide decide) {
    var action = decide.action();
    var unpaid = purse.refuses(known.spec(), action);
    if (unpaid.isPresent() && known.denies(action, decide.family()).isEmpty()) {
      judge.unpaid(known, action);
      return unpaid.get();
    }
    var reply = judge.decide(running, known, action, decide.family());
    return reply instanceof Permitted permitted
        ? permitted.reserving(purse.reserve(known.spec(), action))
        : reply;
  }

  private ReplyEffect<Event, AgentState> onSettle(AgentState state, Settle settle) {
    purse.settle(settle);
    var tally = state instanceof Known ? purse.tally() : Optional.<Tally>empty();
    return tally
        .map(books ->
            Effect()
                .persist(new BudgetTallied(books, clock.instant()))
                .thenReply(settle.replyTo(), _ -> new Done()))
        .orElseGet(() -> reply(settle.replyTo(), new Done()));
  }

  private static @Nullable Tally tally(AgentState state) {
    return state instanceof Known known ? known.tally() : null;
  }

  private ReplyEffect<Event, AgentState> onAdmitRefresh(AgentState state, AdmitRefresh admit) {
    return switch (state) {
      case Unknown _ -> stranger(admit.replyTo());
      case Known known ->
          known
              .refusesRefresh(admit.family(), admit.source())
              .map(why -> refuse(why, admit.replyTo()))
              .orElseGet(() -> {
                lastSeenAt = clock.instant();
                return reply(admit.replyTo(), new RefreshAdmitted(known.spec()));
              });
      case Decommissioned _ -> refuse(Refusal.FAMILY_UNKNOWN, admit.replyTo());
    };
  }

  /** What is wrong with the agent or the address, is for those who hold the right token. */
  private ReplyEffect<Event, AgentState> onBootstrap(AgentState state, Bootstrap bootstrap) {
    var replyTo = bootstrap.replyTo();
    if (clock.instant().isAfter(bootstrap.until())) {
      return Effect().noReply(); // the client has asked again since
    }
    return switch (state) {
      case Unknown _ -> stranger(replyTo);
      case Known known ->
          switch (known.enrolment().presented(bootstrap, clock.instant())) {
            case FRESH ->
                known
                    .refusesBootstrap(bootstrap.source())
                    .map(why -> refuse(why, replyTo))
                    .orElseGet(() -> burn(bootstrap));
            case REPEAT ->
                known
                    .refusesBootstrap(bootstrap.source())
                    .map(why -> refuse(why, replyTo))
                    .orElseGet(() -> repeatBurn(bootstrap));
            case USED -> refuse(Refusal.BOOTSTRAP_TOKEN_USED, replyTo);
            case UNKNOWN -> refuse(Refusal.BOOTSTRAP_TOKEN_INVALID, replyTo);
          };
      case Decommissioned gone ->
          switch (gone.enrolment().presented(bootstrap, clock.instant())) {
            case FRESH, REPEAT -> refuse(Refusal.NOT_ACTIVE, replyTo);
            case USED -> refuse(Refusal.BOOTSTRAP_TOKEN_USED, replyTo);
            case UNKNOWN -> refuse(Refusal.BOOTSTRAP_TOKEN_INVALID, replyTo);
          };
    };
  }

  private ReplyEffect<Event, AgentState> burn(Bootstrap bootstrap) {
    lastSeenAt = clock.instant();
    var burned =
        new BootstrapBurned(
            bootstrap.presented(),
            bootstrap.commitment(),
            bootstrap.first(),
            bootstrap.family(),
            bootstrap.jti(),
            bootstrap.accessExpiresAt(),
            bootstrap.jkt(),
            clock.instant());
    return Effect()
        .persist(burned)
        .thenReply(bootstrap.replyTo(), after -> known(after).bootstrapped(false));
  }

  /** Counted durably, so that three stay three after a crash. */
  private ReplyEffect<Event, AgentState> repeatBurn(Bootstrap bootstrap) {
    return Effect()
        .persist(new BootstrapRepeated(clock.instant()))
        .thenReply(bootstrap.replyTo(), after -> known(after).bootstrapped(true));
  }

  /** Done only with the fence in place: without its row no intent could ever be written. */
  private ReplyEffect<Event, AgentState> onConfigure(AgentState state, Configure configure) {
    var spec = configure.spec();
    var configured = new Configured(spec, clock.instant(), configure.number());
    return switch (state) {
      case Unknown _ -> persist(configured, configure.replyTo(), _ -> new Done());
      case Known known when known.isPast(configure.number()) ->
          refuse(Refusal.SUPERSEDED, configure.replyTo());
      case Known known when spec.version() > known.spec().version() ->
          persist(configured, configure.replyTo(), _ -> new Done());
      case Decommissioned gone when spec.version() > gone.spec().version() ->
          refuse(Refusal.NOT_ACTIVE, configure.replyTo());
      case Known _, Decommissioned _ -> replyFenced(configure.replyTo(), new Done());
    };
  }

  private ReplyEffect<Event, AgentState> onOfferBootstrap(AgentState state, OfferBootstrap offer) {
    return switch (state) {
      case Unknown _ -> stranger(offer.replyTo());
      case Known known when known.isPast(offer.number()) ->
          refuse(Refusal.SUPERSEDED, offer.replyTo());
      case Known known when known.enrolment().knows(offer.token()) ->
          reply(offer.replyTo(), new Done());
      case Known _ ->
          Effect()
              .persist(
                  new BootstrapOffered(
                      offer.token(), offer.expiresAt(), clock.instant(), offer.number()))
              .thenReply(offer.replyTo(), _ -> new Done());
      case Decommissioned _ -> refuse(Refusal.NOT_ACTIVE, offer.replyTo());
    };
  }

  private ReplyEffect<Event, AgentState> onIsolate(AgentState state, Isolate isolate) {
    var replyTo = isolate.replyTo();
    return switch (state) {
      case Unknown _ -> stranger(replyTo);
      case Known known when known.isPast(isolate.number()) -> refuse(Refusal.SUPERSEDED, replyTo);
      case Known known when known.isolations().madeAt(isolate.id()).isPresent() ->
          replyFenced(replyTo, known.isolated(isolate.id()));
      case Known known when known.isolations().full() ->
          refuse(Refusal.TOO_MANY_ISOLATIONS, replyTo);
      case Known _ ->
          persist(
              new Isolated(
                  isolate.id(), isolate.reason(), isolate.by(), clock.instant(), isolate.number()),
              replyTo,
              after -> known(after).isolated(isolate.id()));
      case Decommissioned _ -> refuse(Refusal.NOT_ACTIVE, replyTo);
    };
  }

  private ReplyEffect<Event, AgentState> onRelease(AgentState state, Release release) {
    return switch (state) {
      case Unknown _ -> stranger(release.replyTo());
      case Known known when known.isPast(release.number()) ->
          refuse(Refusal.SUPERSEDED, release.replyTo());
      case Known known -> release(known, release);
      case Decommissioned _ -> refuse(Refusal.NOT_ACTIVE, release.replyTo());
    };
  }

  /** Lifts what is named and no other: a late release never undoes a newer isolation (G3). */
  private ReplyEffect<Event, AgentState> release(Known known, Release release) {
    var before = known.isolations().liftedBy(release.request());
    if (before.isPresent()) {
      return replyFenced(release.replyTo(), known.released(before.get()));
    }
    var named = release.ids().isEmpty() ? Set.copyOf(known.isolations().ids()) : release.ids();
    if (!known.isolations().know(named)) {
      // All or nothing: whoever mistypes one is not to believe that it is lifted.
      return replyFenced(release.replyTo(), known.released(named));
    }
    var concerned = known.isolations().known(named);
    var lifting = known.isolations().standing(named);
    return lifting.isEmpty() && release.request() == null
        ? replyFenced(release.replyTo(), known.released(named))
        : persist(
            new Released(
                lifting,
                release.request(),
                release.reason(),
                release.by(),
                clock.instant(),
                release.number()),
            release.replyTo(),
            after -> known(after).released(named, concerned));
  }

  private ReplyEffect<Event, AgentState> onRevoke(AgentState state, Revoke revoke) {
    return switch (state) {
      case Unknown _ -> stranger(revoke.replyTo());
      case Known known when known.isPast(revoke.number()) ->
          refuse(Refusal.SUPERSEDED, revoke.replyTo());
      case Known known when known.lifecycle() == Lifecycle.REVOKED ->
          replyFenced(revoke.replyTo(), known.revoked());
      case Known _ ->
          persist(
              new Revoked(revoke.reason(), revoke.by(), clock.instant(), revoke.number()),
              revoke.replyTo(),
              after -> known(after).revoked());
      case Decommissioned gone -> replyFenced(revoke.replyTo(), gone.changed());
    };
  }

  private ReplyEffect<Event, AgentState> onDecommission(AgentState state, Decommission command) {
    return switch (state) {
      case Unknown _ -> stranger(command.replyTo());
      case Known known when known.isPast(command.number()) ->
          refuse(Refusal.SUPERSEDED, command.replyTo());
      case Known _ ->
          persist(
              new Agent.Decommissioned(command.reason(), command.by(), clock.instant()),
              command.replyTo(),
              after -> {
                purse.giveBack();
                return decommissioned(after).changed();
              });
      case Decommissioned gone -> replyFenced(command.replyTo(), gone.changed());
    };
  }

  private ReplyEffect<Event, AgentState> onDescribe(AgentState state, Describe describe) {
    return switch (state) {
      case Unknown _ -> stranger(describe.replyTo());
      case Known known ->
          reply(
              describe.replyTo(),
              new Description(
                  known.status(),
                  known.spec(),
                  known.isolations().ids(),
                  known.livingFamilies(),
                  lastSeenAt == null ? known.enrolment().burnedAt() : lastSeenAt,
                  purse.spending()));
      case Decommissioned gone ->
          reply(
              describe.replyTo(),
              new Description(
                  AgentStatus.DECOMMISSIONED,
                  gone.spec(),
                  gone.isolations().ids(),
                  List.of(),
                  lastSeenAt));
    };
  }

  /** Persists, and answers once the fence stands where the event has put it (G3). */
  private ReplyEffect<Event, AgentState> persist(
      Event event, ActorRef<Reply> replyTo, Function<AgentState, Reply> reply) {
    return Effect()
        .persist(event)
        .thenRun((AgentState after) -> fence.answer(after.fence(), replyTo, reply.apply(after)))
        .thenNoReply();
  }

  /** Answers from state what was done before, once the fence stands where the state says. */
  private ReplyEffect<Event, AgentState> replyFenced(ActorRef<Reply> replyTo, Reply reply) {
    return Effect()
        .none()
        .thenRun((AgentState state) -> fence.answer(state.fence(), replyTo, reply))
        .thenNoReply();
  }

  private ReplyEffect<Event, AgentState> quietly(Runnable work) {
    return Effect().none().thenRun(work::run).thenNoReply();
  }

  private ReplyEffect<Event, AgentState> reply(ActorRef<Reply> replyTo, Reply reply) {
    return Effect().reply(replyTo, reply);
  }

  private ReplyEffect<Event, AgentState> refuse(Refusal why, ActorRef<Reply> replyTo) {
    return reply(replyTo, new Refused(why));
  }

  private ReplyEffect<Event, AgentState> stranger(ActorRef<Reply> replyTo) {
    return forget(replyTo, new Refused(Refusal.UNKNOWN_AGENT));
  }

  /** Whoever names agents that do not exist fills neither the journal nor the memory (G11). */
  private ReplyEffect<Event, AgentState> forget(ActorRef<Reply> replyTo, Reply reply) {
    return Effect()
        .none()
        .thenRun(() -> shard.tell(new Passivate<>(context.getSelf())))
        .thenReply(replyTo, _ -> reply);
  }

  private static Known known(AgentState state) {
    if (state instanceof Known known) {
      return known;
    }
    throw new IllegalStateException("the event leaves the agent known");
  }

  private static Decommissioned decommissioned(AgentState state) {
    if (state instanceof Decommissioned gone) {
      return gone;
    }
    throw new IllegalStateException("the event ends the agent");
  }
}
