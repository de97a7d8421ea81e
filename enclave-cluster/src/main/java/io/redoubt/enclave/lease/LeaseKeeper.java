package io.redoubt.enclave.lease;

import io.redoubt.ClusterMessage;
import io.redoubt.enclave.membership.MemberActors;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;

/**
 * Keeps this node's lease: asks every member again and again, applies what they know, and counts
 * the answers. And answers the same question of the others.
 */
public final class LeaseKeeper extends AbstractBehavior<LeaseKeeper.Command> {
  /** As which it is spawned under the root actor of every node. */
  public static final String NAME = "lease";

  /** One answer stays well below what nodes may tell each other at once. */
  private static final int NEWS_AT_ONCE = 1000;

  /** What it is told. */
  public sealed interface Command {}

  /**
   * A node wants to go on.
   *
   * @param node who asks
   * @param asked when, by its own clock
   * @param after how far it has read what is known here
   */
  record Ask(long node, long asked, long after, ActorRef<Grant> replyTo)
      implements Command, ClusterMessage {}

  /**
   * It may, as far as this node is concerned, once it has applied the news.
   *
   * @param node who answers
   * @param asked as in the question
   * @param upTo how far it has then read
   * @param complete that there is no more; otherwise the answer does not count
   */
  record Grant(long node, long asked, long upTo, boolean complete, List<News> news)
      implements Command, ClusterMessage {}

  private record Tick() implements Command {}

  /** Another member, as long as it is one. */
  private static final class Peer {
    private final ActorRef<Command> keeper;
    private long position;
    private boolean heard;
    private long heardAt;

    Peer(ActorRef<Command> keeper) {
      this.keeper = keeper;
    }
  }

  private record Heard(long node, long at) {}

  private final NodeLease lease;
  private final Ledger ledger;
  private final Consumer<News> apply;
  private final LongSupplier nanos;
  private final Cluster cluster;
  private final long self;
  private final Map<Long, Peer> peers = new HashMap<>();

  private LeaseKeeper(
      ActorContext<Command> context,
      NodeLease lease,
      Ledger ledger,
      Consumer<News> apply,
      LongSupplier nanos) {
    super(context);
    this.lease = lease;
    this.ledger = ledger;
    this.apply = apply;
    this.nanos = nanos;
    this.cluster = Cluster.get(context.getSystem());
    this.self = cluster.selfMember().uniqueAddress().longUid();
  }

  /**
   * The actor, one on each node.
   *
   * @param apply stops here what the news says is stopped; done when it returns
   */
  public static Behavior<Command> create(
      LeaseConfig config,
      NodeLease lease,
      Ledger ledger,
      Consumer<News> apply,
      LongSupplier nanos) {
    Behavior<Command> keeper =
        Behaviors.setup(context ->
            Behaviors.withTimers(timers -> {
              timers.startTimerWithFixedDelay(new Tick(), config.renewEvery());
              return new LeaseKeeper(context, lease, ledger, apply, nanos);
            }));
    // What could not be applied does not count, and is read anew.
    return Behaviors.supervise(keeper).onFailure(SupervisorStrategy.restart());
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::onMessage).build();
  }

  private Behavior<Command> onMessage(Command command) {
    switch (command) {
      case Tick _ -> onTick();
      case Ask ask -> onAsk(ask);
      case Grant grant -> onGrant(grant);
    }
    return this;
  }

  private void onTick() {
    CurrentClusterState state = cluster.state();
    var living = new HashSet<Long>();
    for (Member member : state.getMembers()) {
      long node = member.uniqueAddress().longUid();
      if (node != self && takesPart(member)) {
        living.add(node);
        ask(peers.computeIfAbsent(node, _ -> peer(member)));
      }
    }
    peers.keySet().retainAll(living);
    renew(state);
  }

  private Peer peer(Member member) {
    return new Peer(MemberActors.at(getContext().getSystem(), member, NAME));
  }

  private static boolean takesPart(Member member) {
    return !member.status().equals(MemberStatus.down())
        && !member.status().equals(MemberStatus.removed());
  }

  private void ask(Peer peer) {
    peer.keeper.tell(
        new Ask(self, nanos.getAsLong(), peer.position, getContext().getSelf().narrow()));
  }

  /** To members only: a node that was given up is granted nothing from then on. */
  private void onAsk(Ask ask) {
    for (Member member : cluster.state().getMembers()) {
      if (member.uniqueAddress().longUid() == ask.node() && takesPart(member)) {
        var page = ledger.grant(ask.node(), ask.after(), NEWS_AT_ONCE);
        ask.replyTo().tell(new Grant(self, ask.asked(), page.upTo(), page.complete(), page.news()));
        return;
      }
    }
  }

  private void onGrant(Grant grant) {
    var peer = peers.get(grant.node());
    if (peer == null) {
      return;
    }
    grant.news().forEach(apply);
    boolean further = grant.upTo() > peer.position;
    peer.position = Math.max(peer.position, grant.upTo());
    if (grant.complete()) {
      if (!peer.heard || grant.asked() - peer.heardAt > 0) {
        peer.heard = true;
        peer.heardAt = grant.asked();
      }
      renew(cluster.state());
    } else if (further) {
      ask(peer);
    }
  }

  /** The lease counts from the latest moment since which a majority was heard. */
  private void renew(CurrentClusterState state) {
    long now = nanos.getAsLong();
    var heard = new ArrayList<Heard>();
    heard.add(new Heard(self, now));
    peers.forEach((node, peer) -> {
      if (peer.heard) {
        heard.add(new Heard(node, peer.heardAt));
      }
    });
    heard.sort(Comparator.comparingLong(it -> now - it.at()));
    var voters = Voters.in(state);
    Set<Long> nodes = new HashSet<>();
    for (Heard one : heard) {
      nodes.add(one.node());
      if (voters.suffice(nodes)) {
        lease.renewed(one.at());
        return;
      }
    }
  }
}
