package io.redoubt.enclave.membership;

import java.util.concurrent.CompletionStage;
import java.util.function.LongFunction;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends what a node that is gone for good left open: nothing is permitted to it any more, and its
 * intents get the outcome {@code unknown} (G4). Every node does so for every other; again changes
 * nothing, and a node that misses it is made up for when the other one starts again.
 */
public final class DepartedMembers {
  private static final Logger LOG = LoggerFactory.getLogger(DepartedMembers.class);

  private DepartedMembers() {}

  /**
   * The actor, one on each node.
   *
   * @param end ends an incarnation and answers how many intents it left open
   */
  public static Behavior<MemberRemoved> create(LongFunction<CompletionStage<Integer>> end) {
    return Behaviors.setup(context -> {
      var cluster = Cluster.get(context.getSystem());
      var self = cluster.selfMember().uniqueAddress();
      cluster.subscriptions().tell(Subscribe.create(context.getSelf(), MemberRemoved.class));
      return Behaviors.receiveMessage(removed -> {
        var member = removed.member();
        if (!member.uniqueAddress().equals(self)) {
          MemberRoles.incarnation(member)
              .ifPresent(id -> end(MemberRoles.name(member), end.apply(id)));
        }
        return Behaviors.same();
      });
    });
  }

  private static void end(String node, CompletionStage<Integer> ended) {
    ended.whenComplete((open, failure) -> {
      if (failure == null) {
        LOG.info("{} is gone; {} intents of it end as unknown", node, open);
      } else {
        LOG.warn("{} is gone, and its intents stay open for now: {}", node, failure.toString());
      }
    });
  }
}
