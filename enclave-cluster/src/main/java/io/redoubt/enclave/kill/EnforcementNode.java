package io.redoubt.enclave.kill;

import io.redoubt.ClusterMessage;
import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.lease.Ledger;
import io.redoubt.enclave.lease.News;
import io.redoubt.revocation.Revocation;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;
import java.util.function.ToIntFunction;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;

/**
 * One on every node: stops what an agent, or one of its tokens, has under way there, and says how
 * much that was.
 */
public final class EnforcementNode {
  /** As which it is spawned under the root actor of every node. */
  public static final String NAME = "enforcement-node";

  private EnforcementNode() {}

  /** What a node is told. */
  public sealed interface Command extends ClusterMessage {}

  /** The agent may do nothing from now on: cut what it has under way. */
  record Cut(AgentKey agent, UUID stop, ActorRef<Enforced> replyTo) implements Command {}

  /** The token is honoured no longer: cut what runs on it. */
  record Withdraw(Revocation.OfToken token, ActorRef<Enforced> replyTo) implements Command {}

  /** The agent's lifecycle changed and nothing is to be cut; the node only says that it heard. */
  record Notice(AgentKey agent, ActorRef<Enforced> replyTo) implements Command {}

  /**
   * What a node answers.
   *
   * @param node its name
   * @param member which member of the cluster it is
   * @param granted which leases it granted how long ago: the later ones carry the stop
   */
  record Enforced(String node, long member, int streamsCut, Instant at, Ledger.Granted granted)
      implements ClusterMessage {}

  /**
   * The node's actor.
   *
   * @param stops carries out here what it is told
   * @param revoke refuses a token here, notes that in the ledger, and answers how much it cut
   * @param ledger says whom this node granted a lease
   */
  public static Behavior<Command> create(
      String node,
      Stops stops,
      ToIntFunction<Revocation> revoke,
      Ledger ledger,
      InstantSource clock) {
    return Behaviors.setup(context -> {
      long self = Cluster.get(context.getSystem()).selfMember().uniqueAddress().longUid();
      return Behaviors.receiveMessage(command -> {
        switch (command) {
          case Cut(var agent, var stop, var replyTo) -> {
            int streams = stops.told(new News.Stopped(agent, stop));
            replyTo.tell(new Enforced(node, self, streams, clock.instant(), ledger.granted()));
          }
          case Withdraw(var token, var replyTo) -> {
            int streams = revoke.applyAsInt(token);
            replyTo.tell(new Enforced(node, self, streams, clock.instant(), ledger.granted()));
          }
          case Notice(_, var replyTo) ->
              replyTo.tell(new Enforced(node, self, 0, clock.instant(), ledger.granted()));
        }
        return Behaviors.same();
      });
    });
  }
}
