package io.redoubt.enclave.kill;

import io.redoubt.ClusterMessage;
import io.redoubt.agent.AgentKey;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.ToIntFunction;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;

/** One on every node: stops what an agent has under way there, and says how much that was. */
public final class EnforcementNode {
  static final ServiceKey<Command> KEY = ServiceKey.create(Command.class, "enforcement-node");

  private EnforcementNode() {}

  /** What a node is told. */
  public sealed interface Command extends ClusterMessage {}

  /** The agent may do nothing from now on: cut what it has under way. */
  record Cut(AgentKey agent, ActorRef<Enforced> replyTo) implements Command {}

  /** The agent's lifecycle changed and nothing is to be cut; the node only says that it heard. */
  record Notice(AgentKey agent, ActorRef<Enforced> replyTo) implements Command {}

  /** What a node answers. */
  record Enforced(String node, int streamsCut, Instant at) implements ClusterMessage {}

  /**
   * The node's actor.
   *
   * @param cut cuts the agent's streams on this node and answers how many there were
   */
  public static Behavior<Command> create(
      String node, ToIntFunction<AgentKey> cut, InstantSource clock) {
    return Behaviors.setup(context -> {
      context.getSystem().receptionist().tell(Receptionist.register(KEY, context.getSelf()));
      return Behaviors.receiveMessage(command -> {
        switch (command) {
          case Cut(var agent, var replyTo) ->
              replyTo.tell(new Enforced(node, cut.applyAsInt(agent), clock.instant()));
          case Notice(_, var replyTo) -> replyTo.tell(new Enforced(node, 0, clock.instant()));
        }
        return Behaviors.same();
      });
    });
  }
}
