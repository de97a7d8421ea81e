package io.redoubt.enclave.policy;

import io.redoubt.ClusterMessage;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Instant;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;

/** One on every node: runs what is kept as soon as it is told to look, and says what runs. */
public final class PolicyNode {
  /** As which it is spawned under the root actor of every node. */
  public static final String NAME = "policy-node";

  private PolicyNode() {}

  /** What a node is told. */
  public sealed interface Command extends ClusterMessage {}

  /** That version of the organization's policies is kept, and should be run. */
  record CatchUp(OrganizationId organization, long version, ActorRef<Runs> replyTo)
      implements Command {}

  /**
   * What a node answers, where it runs something.
   *
   * @param member which member of the cluster it is
   * @param since when it began
   */
  record Runs(long member, long version, Instant since) implements ClusterMessage {}

  /** The node's actor. */
  public static Behavior<Command> create(PolicyKeeper keeper) {
    return Behaviors.setup(context -> {
      long self = Cluster.get(context.getSystem()).selfMember().uniqueAddress().longUid();
      return Behaviors.receiveMessage(command -> {
        switch (command) {
          case CatchUp(var organization, var version, var replyTo) -> {
            // Who does not hear asks again.
            var _ =
                keeper
                    .catchUp(organization, version)
                    .thenAccept(run ->
                        run.ifPresent(
                            it -> replyTo.tell(new Runs(self, it.version(), it.since()))));
          }
        }
        return Behaviors.same();
      });
    });
  }
}
