package io.redoubt.agent;

import io.redoubt.entity.ShardedEntities;
import io.redoubt.lease.Lease;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;

/** All agents, sharded over the cluster. */
public final class ShardedAgents implements Agents {
  /** By which the cluster knows them. */
  public static final EntityTypeKey<Agent.Command> TYPE =
      EntityTypeKey.create(Agent.Command.class, AgentEntity.TYPE);

  private final ShardedEntities<Agent.Command> entities;

  private ShardedAgents(ShardedEntities<Agent.Command> entities) {
    this.entities = entities;
  }

  /**
   * Starts this node's part; once for each actor system. Its agents leave before other entities do:
   * what they hold of their organizations' budgets and do not need goes back first.
   */
  public static ShardedAgents start(
      ActorSystem<?> system,
      AgentConfig config,
      AgentPorts ports,
      Lease lease,
      InstantSource clock) {
    var agents =
        ShardedEntities.start(
            system,
            TYPE,
            config.entity(),
            new Agent.Stop(),
            entity ->
                AgentEntity.create(
                    AgentKey.ofEntityId(entity.getEntityId()),
                    entity.getShard(),
                    ports,
                    lease,
                    config,
                    clock));
    ShardedEntities.leavingFirst(system, TYPE);
    return new ShardedAgents(agents);
  }

  @Override
  public CompletionStage<Agent.Reply> ask(
      AgentKey agent, Function<ActorRef<Agent.Reply>, Agent.Command> message) {
    return entities.ask(agent.entityId(), message);
  }
}
