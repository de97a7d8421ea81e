package io.redoubt.entity;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.sharding.ShardRegion;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityContext;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.pattern.Patterns;
import scala.concurrent.ExecutionContext;
import scala.jdk.javaapi.FutureConverters;

/** One type of actor, spread over the cluster: one incarnation of each id, anywhere. */
public final class ShardedEntities<M> {
  /** Part of where an entity lives, so never changed. */
  private static final int SHARDS = 256;

  /** Less than the phase of the shutdown may take in which it happens. */
  private static final Duration HAND_OVER_LIMIT = Duration.ofSeconds(19);

  private final ClusterSharding sharding;
  private final EntityTypeKey<M> type;
  private final EntityConfig config;

  private ShardedEntities(ClusterSharding sharding, EntityTypeKey<M> type, EntityConfig config) {
    this.sharding = sharding;
    this.type = type;
    this.config = config;
  }

  /**
   * Starts this node's part of the type. Entities stay in memory until the room is needed, or for
   * longer than the usual two idle minutes: those are shorter than an agent's five between two
   * rotations, each of which would then pay for a recovery.
   */
  public static <M> ShardedEntities<M> start(
      ActorSystem<?> system,
      EntityTypeKey<M> type,
      EntityConfig config,
      M stopMessage,
      Function<EntityContext<M>, Behavior<M>> create) {
    var settings = ClusterShardingSettings.fromConfig(sharding(system, config));
    var sharding = ClusterSharding.get(system);
    sharding.init(
        Entity.of(type, create::apply).withStopMessage(stopMessage).withSettings(settings));
    return new ShardedEntities<>(sharding, type, config);
  }

  /**
   * When the node leaves, these entities stop before those of other types do, to which they may
   * have something to say at the end. Where nobody is left to take over what those have, it would
   * wait in vain otherwise, and leaving with it.
   */
  public static void leavingFirst(ActorSystem<?> system, EntityTypeKey<?> type) {
    CoordinatedShutdown.get(system)
        .addTask(
            CoordinatedShutdown.PhaseBeforeClusterShutdown(),
            "hand-over-" + type.name(),
            () -> handOver(system, type));
  }

  private static CompletionStage<Done> handOver(ActorSystem<?> system, EntityTypeKey<?> type) {
    var self = Cluster.get(system).selfMember().status();
    if (self.equals(MemberStatus.removed()) || self.equals(MemberStatus.down())) {
      return CompletableFuture.completedFuture(Done.getInstance()); // nobody hands over to it
    }
    var region =
        org.apache.pekko.cluster.sharding.ClusterSharding.get(Adapter.toClassic(system))
            .shardRegion(type.name());
    return Patterns.gracefulStop(region, HAND_OVER_LIMIT, ShardRegion.gracefulShutdownInstance())
        .thenApply(_ -> Done.getInstance());
  }

  private static Config sharding(ActorSystem<?> system, EntityConfig config) {
    return ConfigFactory.parseMap(
            Map.of(
                "number-of-shards",
                SHARDS,
                "remember-entities",
                false,
                "passivation.strategy",
                "redoubt",
                "passivation.redoubt.active-entity-limit",
                config.activeEntities(),
                "passivation.redoubt.idle-entity.timeout",
                config.idleAfter(),
                "passivation.redoubt.replacement.policy",
                "least-recently-used"))
        .withFallback(system.settings().config().getConfig("pekko.cluster.sharding"));
  }

  /**
   * Fails with a {@link java.util.concurrent.TimeoutException} where no answer comes in time. What
   * is done with the answer runs on the thread that brings it: the stage that Pekko makes would
   * hand every step of it to the common pool, which costs more than the steps.
   */
  public <R> CompletionStage<R> ask(String entityId, Function<ActorRef<R>, M> message) {
    var answer = new CompletableFuture<R>();
    FutureConverters.asScala(
            sharding.entityRefFor(type, entityId).<R>ask(message::apply, config.askTimeout()))
        .onComplete(
            result ->
                result.isSuccess()
                    ? answer.complete(result.get())
                    : answer.completeExceptionally(result.failed().get()),
            ExecutionContext.parasitic$.MODULE$);
    return answer;
  }
}
