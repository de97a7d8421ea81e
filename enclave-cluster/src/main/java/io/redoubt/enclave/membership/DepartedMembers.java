package io.redoubt.enclave.membership;

import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends what a node that is gone for good left open: nothing is permitted to it any more, and its
 * intents get the outcome {@code unknown} (G4). If it lives after all, since it was only paused or
 * cut off, it learns from its missing place that it has to end. Every node does so for every other;
 * again changes nothing, and a node that misses it is made up for when the other one starts again.
 */
public final class DepartedMembers {
  private static final Logger LOG = LoggerFactory.getLogger(DepartedMembers.class);

  private DepartedMembers() {}

  /**
   * The actor, one on each node.
   *
   * @param giveAway takes a node's place, unless this node has lost its own: then it is the one who
   *     is gone, and false
   * @param end ends an incarnation and answers how many intents it left open
   */
  public static Behavior<MemberRemoved> create(
      Function<UUID, CompletionStage<Boolean>> giveAway,
      LongFunction<CompletionStage<Integer>> end) {
    return Behaviors.setup(context -> {
      var cluster = Cluster.get(context.getSystem());
      var self = cluster.selfMember().uniqueAddress();
      cluster.subscriptions().tell(Subscribe.create(context.getSelf(), MemberRemoved.class));
      return Behaviors.receiveMessage(removed -> {
        if (!removed.member().uniqueAddress().equals(self)
            && wasRemoved(removed)
            && !cluster.isTerminated()) {
          end(removed.member(), giveAway, end);
        }
        return Behaviors.same();
      });
    });
  }

  /** A cluster that shuts down on this node also tells it that all the others are removed. */
  private static boolean wasRemoved(MemberRemoved removed) {
    return removed.previousStatus().equals(MemberStatus.down())
        || removed.previousStatus().equals(MemberStatus.exiting());
  }

  private static void end(
      Member member,
      Function<UUID, CompletionStage<Boolean>> giveAway,
      LongFunction<CompletionStage<Integer>> end) {
    var session = MemberRoles.session(member);
    var incarnation = MemberRoles.incarnation(member);
    if (session.isEmpty() || incarnation.isEmpty()) {
      return;
    }
    String node = MemberRoles.name(member);
    giveAway
        .apply(session.get())
        .thenCompose(mine ->
            mine
                ? end.apply(incarnation.getAsLong())
                : CompletableFuture.failedFuture(
                    new IllegalStateException("this node has lost its own place")))
        .whenComplete((open, failure) -> {
          if (failure == null) {
            LOG.info("{} is gone; {} intents of it end as unknown", node, open);
          } else {
            LOG.warn("{} is gone, and its intents stay open for now: {}", node, failure.toString());
          }
        });
  }
}
