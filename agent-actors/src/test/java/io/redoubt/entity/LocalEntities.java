package io.redoubt.entity;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding.ShardCommand;

/**
 * Stands in for sharding where there is no cluster: one incarnation of each id, and no passivation.
 */
public final class LocalEntities<M> {
  private static final AtomicLong NEXT = new AtomicLong();

  private final ActorSystem<?> system;
  private final Duration askTimeout;
  private final BiFunction<String, ActorRef<ShardCommand>, Behavior<M>> create;
  private final ConcurrentMap<String, ActorRef<M>> entities = new ConcurrentHashMap<>();

  public LocalEntities(
      ActorSystem<?> system,
      Duration askTimeout,
      BiFunction<String, ActorRef<ShardCommand>, Behavior<M>> create) {
    this.system = system;
    this.askTimeout = askTimeout;
    this.create = create;
  }

  /** Sends the command that {@code message} makes and completes with the answer. */
  public <R> CompletionStage<R> ask(String entityId, Function<ActorRef<R>, M> message) {
    var entity = entities.computeIfAbsent(entityId, this::start);
    return AskPattern.ask(entity, message::apply, askTimeout, system.scheduler());
  }

  private ActorRef<M> start(String entityId) {
    return system.systemActorOf(
        create.apply(entityId, system.<ShardCommand>ignoreRef()),
        "local-" + NEXT.incrementAndGet(),
        Props.empty());
  }
}
