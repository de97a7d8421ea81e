package io.redoubt.family;

import io.redoubt.entity.EntityConfig;
import io.redoubt.family.TokenFamily.Command;
import io.redoubt.family.TokenFamily.Event;
import io.redoubt.family.TokenFamily.Examine;
import io.redoubt.family.TokenFamily.FamilyOpened;
import io.redoubt.family.TokenFamily.FamilyRevoked;
import io.redoubt.family.TokenFamily.Open;
import io.redoubt.family.TokenFamily.Opened;
import io.redoubt.family.TokenFamily.Refusal;
import io.redoubt.family.TokenFamily.Refused;
import io.redoubt.family.TokenFamily.ReplayDetected;
import io.redoubt.family.TokenFamily.Replayed;
import io.redoubt.family.TokenFamily.Reply;
import io.redoubt.family.TokenFamily.Revoke;
import io.redoubt.family.TokenFamily.Revoked;
import io.redoubt.family.TokenFamily.Rotate;
import io.redoubt.family.TokenFamily.RotationRepeated;
import io.redoubt.family.TokenFamily.Stands;
import io.redoubt.family.TokenFamily.Stop;
import io.redoubt.family.TokenFamily.TokenRotated;
import io.redoubt.family.TokenFamilyState.Live;
import io.redoubt.family.TokenFamilyState.Unopened;
import io.redoubt.protocol.token.TokenDigest;
import java.time.InstantSource;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding.Passivate;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding.ShardCommand;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.ReplyEffect;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;

/** A refresh-token family: the one writer that gives each token its one successor (G1). */
final class TokenFamilyEntity
    extends EventSourcedBehaviorWithEnforcedReplies<Command, Event, TokenFamilyState> {
  /** Part of the journal's keys, so never changed. */
  static final String TYPE = "TokenFamily";

  private final ActorContext<Command> context;
  private final ActorRef<ShardCommand> shard;
  private final EntityConfig config;
  private final InstantSource clock;

  private TokenFamilyEntity(
      ActorContext<Command> context,
      FamilyKey key,
      ActorRef<ShardCommand> shard,
      EntityConfig config,
      InstantSource clock) {
    super(PersistenceId.of(TYPE, key.entityId()), config.restart());
    this.context = context;
    this.shard = shard;
    this.config = config;
    this.clock = clock;
  }

  static Behavior<Command> create(
      FamilyKey key, ActorRef<ShardCommand> shard, EntityConfig config, InstantSource clock) {
    return Behaviors.setup(context -> new TokenFamilyEntity(context, key, shard, config, clock));
  }

  @Override
  public TokenFamilyState emptyState() {
    return new Unopened();
  }

  @Override
  public EventHandler<TokenFamilyState, Event> eventHandler() {
    return TokenFamilyState::apply;
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return config.retention();
  }

  @Override
  public CommandHandlerWithReply<Command, Event, TokenFamilyState> commandHandler() {
    return (state, command) ->
        switch (command) {
          case Open open -> onOpen(state, open);
          case Rotate rotate -> onRotate(state, rotate);
          case Examine examine -> onExamine(state, examine);
          case Revoke revoke -> onRevoke(state, revoke);
          case Stop _ -> Effect().stop().thenNoReply();
        };
  }

  private ReplyEffect<Event, TokenFamilyState> onOpen(TokenFamilyState state, Open open) {
    return switch (state) {
      case Unopened _ ->
          Effect()
              .persist(
                  new FamilyOpened(
                      open.agent(),
                      open.first(),
                      open.expiresAt(),
                      open.accessExpiresAt(),
                      open.jkt(),
                      clock.instant()))
              .thenReply(open.replyTo(), _ -> new Opened());
      case Live live when live.standsAsOpenedBy(open) ->
          Effect().reply(open.replyTo(), new Opened());
      case Live _ -> refuse(Refusal.ALREADY_OPEN, open.replyTo());
      case TokenFamilyState.Revoked _ -> refuse(Refusal.REVOKED, open.replyTo());
    };
  }

  private ReplyEffect<Event, TokenFamilyState> onRotate(TokenFamilyState state, Rotate rotate) {
    if (clock.instant().isAfter(rotate.until())) {
      // Held up on its way: the client has asked again and gone on, and would die of this (G2).
      return Effect().noReply();
    }
    return switch (state) {
      case Unopened _ -> refuseAndForget(rotate.replyTo());
      case Live live ->
          switch (live.judge(rotate, clock.instant())) {
            case SPEND -> spend(rotate);
            case REPEAT -> repeat(rotate);
            case REPLAY -> endForReplay(live, rotate.presented(), rotate.replyTo());
            case UNKNOWN -> refuse(Refusal.UNKNOWN, rotate.replyTo());
            case PROOF_INVALID -> refuse(Refusal.PROOF_INVALID, rotate.replyTo());
            case EXPIRED -> refuse(Refusal.EXPIRED, rotate.replyTo());
            case SUCCESSOR_NOT_FRESH -> refuse(Refusal.SUCCESSOR_NOT_FRESH, rotate.replyTo());
          };
      case TokenFamilyState.Revoked revoked ->
          refuse(
              revoked.agent().equals(rotate.agent()) ? Refusal.REVOKED : Refusal.UNKNOWN,
              rotate.replyTo());
    };
  }

  private ReplyEffect<Event, TokenFamilyState> onExamine(TokenFamilyState state, Examine examine) {
    if (clock.instant().isAfter(examine.until())) {
      return Effect().noReply(); // the client may have gone on since
    }
    return switch (state) {
      case Unopened _ -> refuseAndForget(examine.replyTo());
      case Live live ->
          switch (live.judge(examine, clock.instant())) {
            case SPEND, REPEAT -> Effect().reply(examine.replyTo(), new Stands());
            case REPLAY -> endForReplay(live, examine.presented(), examine.replyTo());
            case UNKNOWN -> refuse(Refusal.UNKNOWN, examine.replyTo());
            case PROOF_INVALID -> refuse(Refusal.PROOF_INVALID, examine.replyTo());
            case EXPIRED -> refuse(Refusal.EXPIRED, examine.replyTo());
            case SUCCESSOR_NOT_FRESH -> refuse(Refusal.SUCCESSOR_NOT_FRESH, examine.replyTo());
          };
      case TokenFamilyState.Revoked revoked ->
          refuse(
              revoked.agent().equals(examine.agent()) ? Refusal.REVOKED : Refusal.UNKNOWN,
              examine.replyTo());
    };
  }

  private ReplyEffect<Event, TokenFamilyState> spend(Rotate rotate) {
    return Effect()
        .persist(
            new TokenRotated(
                rotate.next(),
                rotate.committed(),
                rotate.nextExpiresAt(),
                rotate.jti(),
                rotate.accessExpiresAt(),
                clock.instant()))
        .thenReply(rotate.replyTo(), after -> live(after).rotated(false));
  }

  /** Counted durably, so that three stay three after a crash. */
  private ReplyEffect<Event, TokenFamilyState> repeat(Rotate rotate) {
    return Effect()
        .persist(new RotationRepeated(clock.instant()))
        .thenReply(rotate.replyTo(), after -> live(after).rotated(true));
  }

  /** A spent token came back: thief and owner look alike, so neither keeps the family (G2). */
  private ReplyEffect<Event, TokenFamilyState> endForReplay(
      Live live, TokenDigest presented, ActorRef<Reply> replyTo) {
    return Effect()
        .persist(new ReplayDetected(presented, clock.instant()))
        .thenReply(replyTo, _ -> new Replayed(live.accessExpiresAt()));
  }

  private static Live live(TokenFamilyState state) {
    if (state instanceof Live live) {
      return live;
    }
    throw new IllegalStateException("a rotation leaves the family live");
  }

  private ReplyEffect<Event, TokenFamilyState> onRevoke(TokenFamilyState state, Revoke revoke) {
    return switch (state) {
      case Unopened _ -> refuseAndForget(revoke.replyTo());
      case Live live ->
          Effect()
              .persist(new FamilyRevoked(revoke.reason(), clock.instant()))
              .thenReply(revoke.replyTo(), _ -> new Revoked(live.accessExpiresAt()));
      case TokenFamilyState.Revoked revoked ->
          Effect().reply(revoke.replyTo(), new Revoked(revoked.accessExpiresAt()));
    };
  }

  private ReplyEffect<Event, TokenFamilyState> refuse(Refusal why, ActorRef<Reply> replyTo) {
    return Effect().reply(replyTo, new Refused(why));
  }

  /** Whoever names families that do not exist fills neither the journal nor the memory (G11). */
  private ReplyEffect<Event, TokenFamilyState> refuseAndForget(ActorRef<Reply> replyTo) {
    return Effect()
        .none()
        .thenRun(() -> shard.tell(new Passivate<>(context.getSelf())))
        .thenReply(replyTo, _ -> new Refused(Refusal.UNKNOWN));
  }
}
