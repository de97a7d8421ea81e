package io.redoubt.enclave.kill;

import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.lease.Voters;
import io.redoubt.enclave.membership.MemberActors;
import io.redoubt.enclave.membership.MemberRoles;
import io.redoubt.protocol.link.Acknowledgement.How;
import io.redoubt.protocol.link.Acknowledgement.NodeProof;
import io.redoubt.revocation.Revocation;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;
import org.jspecify.annotations.Nullable;

/**
 * Tells every node of the cluster about a change of an agent's lifecycle and collects their
 * answers. Who must answer is decided by cluster membership. A member that does not answer is
 * waited for until its lease has certainly run out; where that cannot be said within the limit it
 * is {@code unconfirmed} (G12).
 */
public final class Enforcement extends AbstractBehavior<Enforcement.Command> {

  /**
   * How long is waited.
   *
   * @param answer until a node counts as unconfirmed
   * @param lease after so long a lease that was not renewed has run out for certain
   */
  public record Limits(Duration answer, Duration lease) {}

  /** What the local actor is asked. */
  public sealed interface Command {}

  /**
   * Tell every node.
   *
   * @param cut and cut what the agent has under way there
   * @param only what runs on this token, which no node honours any longer; null: all of it
   */
  record TellAll(
      AgentKey agent, boolean cut, Revocation.@Nullable OfToken only, ActorRef<Proofs> replyTo)
      implements Command {
    TellAll(AgentKey agent, boolean cut, ActorRef<Proofs> replyTo) {
      this(agent, cut, null, replyTo);
    }

    private EnforcementNode.Command order(ActorRef<EnforcementNode.Enforced> node) {
      if (only != null) {
        return new EnforcementNode.Withdraw(only, node);
      }
      return cut
          ? new EnforcementNode.Cut(agent, UUID.randomUUID(), node)
          : new EnforcementNode.Notice(agent, node);
    }
  }

  private record MembersChanged(ClusterEvent.MemberEvent event) implements Command {}

  /** Every node's answer, by name. */
  record Proofs(List<NodeProof> nodes) {}

  /** A node that is no member any more, and may not know it yet. */
  private record Departed(String name, long at) {}

  private final Limits limits;
  private final InstantSource clock;
  private final LongSupplier nanos;
  private final Cluster cluster;
  private final Map<Long, Departed> departed = new HashMap<>();
  private long changedAt;

  private Enforcement(
      ActorContext<Command> context, Limits limits, InstantSource clock, LongSupplier nanos) {
    super(context);
    this.limits = limits;
    this.clock = clock;
    this.nanos = nanos;
    this.changedAt = nanos.getAsLong();
    this.cluster = Cluster.get(context.getSystem());
    cluster
        .subscriptions()
        .tell(
            Subscribe.create(
                context.messageAdapter(ClusterEvent.MemberEvent.class, MembersChanged::new),
                ClusterEvent.MemberEvent.class));
  }

  /**
   * The actor, one on each node.
   *
   * @param nanos the monotonic clock that leases are measured by
   */
  public static Behavior<Command> create(Limits limits, InstantSource clock, LongSupplier nanos) {
    return Behaviors.setup(context -> new Enforcement(context, limits, clock, nanos));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::onMessage).build();
  }

  private Behavior<Command> onMessage(Command command) {
    switch (command) {
      case MembersChanged(var event) -> onChange(event);
      case TellAll tellAll -> getContext().spawnAnonymous(collector(tellAll));
    }
    return this;
  }

  private void onChange(ClusterEvent.MemberEvent event) {
    changedAt = nanos.getAsLong();
    departed.values().removeIf(it -> changedAt - it.at > limits.lease().toNanos());
    if (event instanceof ClusterEvent.MemberRemoved removed) {
      Member member = removed.member();
      departed.put(
          member.uniqueAddress().longUid(), new Departed(MemberRoles.name(member), changedAt));
    }
  }

  private Behavior<Collector.Message> collector(TellAll question) {
    long now = nanos.getAsLong();
    var state = cluster.state();
    var names = new HashMap<Long, String>();
    departed.forEach((node, it) -> {
      if (question.cut() && now - it.at <= limits.lease().toNanos()) {
        names.put(node, it.name);
      }
    });
    var members = new ArrayList<Member>();
    for (Member member : state.getMembers()) {
      // Who is only joining serves nobody yet.
      if (!member.status().equals(MemberStatus.joining())) {
        members.add(member);
        names.put(member.uniqueAddress().longUid(), MemberRoles.name(member));
      }
    }
    var proof = new StopProof(names.keySet(), Voters.in(state), changedAt, limits.lease());
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers -> {
          var collector = new Collector(context, timers, question, names, proof);
          return collector.ask(members);
        }));
  }

  /** Collects the answers to one question, then stops. */
  private final class Collector {
    private sealed interface Message {}

    private record Answered(EnforcementNode.Enforced answer) implements Message {}

    private record LookAgain() implements Message {}

    private record LimitReached() implements Message {}

    private final ActorContext<Message> context;
    private final TimerScheduler<Message> timers;
    private final TellAll question;
    private final Map<Long, String> names;
    private final StopProof proof;
    private final List<NodeProof> proofs = new ArrayList<>();

    private Collector(
        ActorContext<Message> context,
        TimerScheduler<Message> timers,
        TellAll question,
        Map<Long, String> names,
        StopProof proof) {
      this.context = context;
      this.timers = timers;
      this.question = question;
      this.names = names;
      this.proof = proof;
    }

    Behavior<Message> ask(List<Member> members) {
      ActorRef<EnforcementNode.Enforced> self =
          context.messageAdapter(EnforcementNode.Enforced.class, Answered::new);
      var order = question.order(self);
      for (Member member : members) {
        MemberActors.<EnforcementNode.Command>at(context.getSystem(), member, EnforcementNode.NAME)
            .tell(order);
      }
      timers.startSingleTimer(new LimitReached(), limits.answer());
      return Behaviors.receiveMessage(this::onMessage);
    }

    private Behavior<Message> onMessage(Message message) {
      return switch (message) {
        case Answered(var answer) -> onAnswer(answer);
        case LookAgain _ -> concludeIfCertain();
        case LimitReached _ -> conclude(How.UNCONFIRMED);
      };
    }

    private Behavior<Message> onAnswer(EnforcementNode.Enforced answer) {
      if (!proof.silent().contains(answer.member())) {
        return Behaviors.same(); // A node that joined since.
      }
      proof.answered(answer.member(), answer.granted(), nanos.getAsLong());
      proofs.add(new NodeProof(answer.node(), How.CUT, answer.streamsCut(), answer.at()));
      return concludeIfCertain();
    }

    private Behavior<Message> concludeIfCertain() {
      if (proof.silent().isEmpty()) {
        return conclude(How.CUT);
      }
      if (!question.cut()) {
        return Behaviors.same(); // There is nothing that a lease would end.
      }
      long now = nanos.getAsLong();
      proof.membersChanged(Voters.in(cluster.state()), now);
      var certainAt = proof.certainAt();
      if (certainAt.isEmpty()) {
        return Behaviors.same();
      }
      long pause = certainAt.getAsLong() - now;
      if (pause <= 0) {
        return conclude(How.LEASE_EXPIRED);
      }
      timers.startSingleTimer(new LookAgain(), Duration.ofNanos(pause));
      return Behaviors.same();
    }

    private Behavior<Message> conclude(How silent) {
      for (long node : proof.silent()) {
        proofs.add(new NodeProof(names.getOrDefault(node, ""), silent, 0, clock.instant()));
      }
      proofs.sort(Comparator.comparing(NodeProof::node));
      question.replyTo().tell(new Proofs(List.copyOf(proofs)));
      return Behaviors.stopped();
    }
  }
}
