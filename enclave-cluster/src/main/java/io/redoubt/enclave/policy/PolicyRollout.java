package io.redoubt.enclave.policy;

import io.redoubt.enclave.membership.MemberActors;
import io.redoubt.enclave.membership.MemberRoles;
import io.redoubt.policy.BundleStore;
import io.redoubt.protocol.link.LinkReport.BundleRunning;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;

/**
 * Tells every node of the cluster of a bundle that is kept, and collects which of them run it. Asks
 * again until all do or the limit has passed. One that left is not waited for. One that is joining
 * is: it may be a full member before everybody hears so, and none is before everybody has heard
 * that it joins.
 */
public final class PolicyRollout {
  private static final Duration AGAIN = Duration.ofMillis(250);

  private static final Set<MemberStatus> SERVING =
      Set.of(
          MemberStatus.joining(),
          MemberStatus.weaklyUp(),
          MemberStatus.up(),
          MemberStatus.leaving());

  private PolicyRollout() {}

  /** Finds out who runs a bundle. */
  public interface Asking {
    CompletionStage<BundleRunning> whoRuns(BundleStore.Heading bundle);
  }

  /** What the local actor is asked. */
  public record Ask(BundleStore.Heading bundle, ActorRef<BundleRunning> replyTo) {}

  /** The actor, one on each node. */
  public static Behavior<Ask> create(Duration limit, InstantSource clock) {
    return Behaviors.setup(context ->
        Behaviors.receiveMessage(ask -> {
          context.spawnAnonymous(collector(ask, limit, clock));
          return Behaviors.same();
        }));
  }

  /** The way to ask the actor. */
  public static Asking asking(ActorRef<Ask> rollout, ActorSystem<?> system, Duration limit) {
    return bundle ->
        AskPattern.ask(
            rollout, replyTo -> new Ask(bundle, replyTo), limit.plusSeconds(2), system.scheduler());
  }

  private static Behavior<Collector.Message> collector(
      Ask ask, Duration limit, InstantSource clock) {
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers -> new Collector(context, timers, ask, clock).begin(limit)));
  }

  /** Collects the answers to one question, then stops. */
  private static final class Collector {
    private sealed interface Message {}

    private record Answered(PolicyNode.Runs answer) implements Message {}

    private record AskAgain() implements Message {}

    private record LimitReached() implements Message {}

    private final ActorContext<Message> context;
    private final TimerScheduler<Message> timers;
    private final Ask ask;
    private final InstantSource clock;
    private final Cluster cluster;
    private final ActorRef<PolicyNode.Runs> self;
    private final Map<Long, PolicyNode.Runs> running = new HashMap<>();

    Collector(
        ActorContext<Message> context,
        TimerScheduler<Message> timers,
        Ask ask,
        InstantSource clock) {
      this.context = context;
      this.timers = timers;
      this.ask = ask;
      this.clock = clock;
      this.cluster = Cluster.get(context.getSystem());
      this.self = context.messageAdapter(PolicyNode.Runs.class, Answered::new);
    }

    Behavior<Message> begin(Duration limit) {
      timers.startSingleTimer(new LimitReached(), limit);
      timers.startTimerWithFixedDelay(new AskAgain(), AGAIN);
      askMissing();
      return Behaviors.receiveMessage(this::onMessage);
    }

    private Behavior<Message> onMessage(Message message) {
      return switch (message) {
        case Answered(var answer) -> {
          if (answer.version() >= ask.bundle().version()) {
            running.put(answer.member(), answer);
          }
          yield missing().isEmpty() ? conclude() : Behaviors.same();
        }
        case AskAgain _ -> {
          askMissing();
          yield missing().isEmpty() ? conclude() : Behaviors.same();
        }
        case LimitReached _ -> conclude();
      };
    }

    private void askMissing() {
      for (Member member : missing()) {
        MemberActors.<PolicyNode.Command>at(context.getSystem(), member, PolicyNode.NAME)
            .tell(
                new PolicyNode.CatchUp(ask.bundle().organization(), ask.bundle().version(), self));
      }
    }

    private List<Member> missing() {
      var missing = new ArrayList<Member>();
      for (Member member : cluster.state().getMembers()) {
        if (mayServe(member) && !running.containsKey(member.uniqueAddress().longUid())) {
          missing.add(member);
        }
      }
      return missing;
    }

    /** Who is down or gone serves nobody any more. */
    private static boolean mayServe(Member member) {
      return SERVING.contains(member.status());
    }

    private Behavior<Message> conclude() {
      var nodes = new ArrayList<BundleRunning.NodeRun>();
      for (Member member : cluster.state().getMembers()) {
        var runs = running.get(member.uniqueAddress().longUid());
        if (runs != null) {
          nodes.add(new BundleRunning.NodeRun(MemberRoles.name(member), runs.since()));
        }
      }
      nodes.sort(Comparator.comparing(BundleRunning.NodeRun::node));
      var bundle = ask.bundle();
      ask.replyTo()
          .tell(
              new BundleRunning(
                  bundle.organization(),
                  bundle.version(),
                  bundle.digest(),
                  List.copyOf(nodes),
                  missing().stream().map(MemberRoles::name).sorted().toList(),
                  clock.instant()));
      return Behaviors.stopped();
    }
  }
}
