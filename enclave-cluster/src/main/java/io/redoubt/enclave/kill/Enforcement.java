package io.redoubt.enclave.kill;

import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.membership.MemberRoles;
import io.redoubt.protocol.link.Acknowledgement.How;
import io.redoubt.protocol.link.Acknowledgement.NodeProof;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;

/**
 * Tells every node of the cluster about a change of an agent's lifecycle and collects their
 * answers. Who must answer is decided by cluster membership; the receptionist only says where to
 * ask. A member that does not answer within the limit is {@code unconfirmed} (G12): the fence keeps
 * it from permitting anything new, but what it has under way may go on.
 */
public final class Enforcement {
  private Enforcement() {}

  /** What the local actor is asked. */
  public sealed interface Command {}

  /** Tell every node; {@code cut}: and cut what the agent has under way there. */
  record TellAll(AgentKey agent, boolean cut, ActorRef<Proofs> replyTo) implements Command {}

  private record Listed(Receptionist.Listing listing) implements Command {}

  /** Every node's answer, by name. */
  record Proofs(List<NodeProof> nodes) {}

  /** The actor, one on each node. */
  public static Behavior<Command> create(Duration limit, InstantSource clock) {
    return Behaviors.setup(context -> {
      context
          .getSystem()
          .receptionist()
          .tell(
              Receptionist.subscribe(
                  EnforcementNode.KEY,
                  context.messageAdapter(Receptionist.Listing.class, Listed::new)));
      return listening(context, Set.of(), limit, clock);
    });
  }

  private static Behavior<Command> listening(
      ActorContext<Command> context,
      Set<ActorRef<EnforcementNode.Command>> nodes,
      Duration limit,
      InstantSource clock) {
    return Behaviors.receiveMessage(command ->
        switch (command) {
          case Listed(var listing) ->
              listening(context, listing.getServiceInstances(EnforcementNode.KEY), limit, clock);
          case TellAll tellAll -> {
            context.spawnAnonymous(Collector.create(tellAll, nodes, limit, clock));
            yield Behaviors.same();
          }
        });
  }

  /** Collects the answers to one question, then stops. */
  private static final class Collector {
    private sealed interface Message {}

    private record Answered(EnforcementNode.Enforced answer) implements Message {}

    private record LimitReached() implements Message {}

    private final TellAll question;
    private final InstantSource clock;
    private final Map<String, NodeProof> proofs = new HashMap<>();
    private final Set<String> waitingFor;

    private Collector(TellAll question, Set<String> waitingFor, InstantSource clock) {
      this.question = question;
      this.waitingFor = waitingFor;
      this.clock = clock;
    }

    static Behavior<Message> create(
        TellAll question,
        Set<ActorRef<EnforcementNode.Command>> nodes,
        Duration limit,
        InstantSource clock) {
      return Behaviors.setup(context ->
          Behaviors.withTimers(timers -> ask(context, timers, question, nodes, limit, clock)));
    }

    private static Behavior<Message> ask(
        ActorContext<Message> context,
        TimerScheduler<Message> timers,
        TellAll question,
        Set<ActorRef<EnforcementNode.Command>> nodes,
        Duration limit,
        InstantSource clock) {
      var cluster = Cluster.get(context.getSystem());
      Map<Address, String> members = serving(cluster.state());
      var collector = new Collector(question, new HashSet<>(members.values()), clock);
      ActorRef<EnforcementNode.Enforced> self =
          context.messageAdapter(EnforcementNode.Enforced.class, Answered::new);
      for (var node : nodes) {
        var address = node.path().address();
        boolean local = address.hasLocalScope();
        if (local || members.containsKey(address)) {
          node.tell(
              question.cut()
                  ? new EnforcementNode.Cut(question.agent(), self)
                  : new EnforcementNode.Notice(question.agent(), self));
        }
      }
      timers.startSingleTimer(new LimitReached(), limit);
      return collector.collecting();
    }

    /** Members that may be serving agents, by where they are. */
    private static Map<Address, String> serving(ClusterEvent.CurrentClusterState state) {
      var members = new HashMap<Address, String>();
      for (Member member : state.getMembers()) {
        MemberStatus status = member.status();
        if (!status.equals(MemberStatus.joining())
            && !status.equals(MemberStatus.down())
            && !status.equals(MemberStatus.removed())) {
          members.put(member.address(), MemberRoles.name(member));
        }
      }
      return members;
    }

    private Behavior<Message> collecting() {
      if (waitingFor.isEmpty()) {
        return answer();
      }
      return Behaviors.receiveMessage(message ->
          switch (message) {
            case Answered(var enforced) -> {
              waitingFor.remove(enforced.node());
              proofs.put(
                  enforced.node(),
                  new NodeProof(enforced.node(), How.CUT, enforced.streamsCut(), enforced.at()));
              yield collecting();
            }
            case LimitReached _ -> answer();
          });
    }

    private Behavior<Message> answer() {
      var all = new ArrayList<>(proofs.values());
      for (String silent : waitingFor) {
        all.add(new NodeProof(silent, How.UNCONFIRMED, 0, clock.instant()));
      }
      all.sort(Comparator.comparing(NodeProof::node));
      question.replyTo().tell(new Proofs(List.copyOf(all)));
      return Behaviors.stopped();
    }
  }
}
