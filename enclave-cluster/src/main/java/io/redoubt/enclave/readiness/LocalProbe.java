package io.redoubt.enclave.readiness;

import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Agents;
import io.redoubt.agent.ShardedAgents;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.sharding.ShardRegion.CurrentShardRegionState;
import org.apache.pekko.cluster.sharding.typed.GetShardRegionState;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;

/**
 * Asks an agent that cannot exist: that takes the way of every request, journal included. It is one
 * that would live on this node, so that the death of another node does not make all of them unready
 * at once; where no agent lives here yet, any.
 */
final class LocalProbe {
  private static final Duration LOOK_LIMIT = Duration.ofSeconds(1);
  private static final long LOOK_AGAIN = Duration.ofSeconds(10).toNanos();

  /** As the agents are spread, for ever. */
  private static final int SHARDS = 256;

  private final ActorSystem<?> system;
  private final Agents agents;
  private volatile AgentKey nobody = nobody(0);
  private volatile long lookedAt = System.nanoTime() - LOOK_AGAIN;

  LocalProbe(ActorSystem<?> system, Agents agents) {
    this.system = system;
    this.agents = agents;
  }

  CompletionStage<Boolean> answers() {
    return settle()
        .thenCompose(_ -> agents.ask(nobody, Agent.Describe::new))
        .thenApply(_ -> true)
        .exceptionally(_ -> {
          lookedAt = System.nanoTime() - LOOK_AGAIN;
          return false;
        });
  }

  private CompletionStage<Void> settle() {
    if (System.nanoTime() - lookedAt < LOOK_AGAIN) {
      return CompletableFuture.completedFuture(null);
    }
    lookedAt = System.nanoTime();
    return AskPattern.<GetShardRegionState, CurrentShardRegionState>ask(
            ClusterSharding.get(system).shardState().narrow(),
            replyTo -> new GetShardRegionState(ShardedAgents.TYPE, replyTo),
            LOOK_LIMIT,
            system.scheduler())
        .thenAccept(this::choose)
        .exceptionally(_ -> null);
  }

  private void choose(CurrentShardRegionState state) {
    Set<String> here = new HashSet<>();
    state.getShards().forEach(shard -> here.add(shard.shardId()));
    if (here.contains(shard(nobody))) {
      return;
    }
    for (int i = 0; i < SHARDS * SHARDS && !here.isEmpty(); i++) {
      AgentKey candidate = nobody(i);
      if (here.contains(shard(candidate))) {
        nobody = candidate;
        return;
      }
    }
  }

  private static String shard(AgentKey key) {
    return Integer.toString(Math.abs(key.entityId().hashCode() % SHARDS));
  }

  private static AgentKey nobody(int number) {
    return new AgentKey(new OrganizationId(new UUID(0, 0)), new AgentId(new UUID(0, number)));
  }
}
