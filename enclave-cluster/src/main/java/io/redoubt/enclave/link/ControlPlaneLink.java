package io.redoubt.enclave.link;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.ClusterMessage;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Agents;
import io.redoubt.approval.ApprovalBoard;
import io.redoubt.approval.Voting;
import io.redoubt.connector.Connectors;
import io.redoubt.enclave.kill.KillSwitch;
import io.redoubt.enclave.kill.UnreportedAgents;
import io.redoubt.enclave.operatorapi.OperatorTrust;
import io.redoubt.enclave.policy.PolicyKeeper;
import io.redoubt.enclave.policy.PolicyRollout;
import io.redoubt.link.LinkProgress;
import io.redoubt.organization.Organizations;
import io.redoubt.policy.BundleStore;
import io.redoubt.protocol.link.Heartbeat;
import io.redoubt.protocol.link.Hello;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.provider.Providers;
import io.redoubt.singleton.SupersededException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.jspecify.annotations.Nullable;

/**
 * The enclave's one link to its control plane, a cluster singleton. The conversation itself runs on
 * threads of its own; the actor starts and ends them, watches for silence, tells every node how
 * fresh the link is, and answers whoever must know whether something is still on its way.
 */
public final class ControlPlaneLink extends AbstractBehavior<ControlPlaneLink.Command> {
  private static final Duration TICK = Duration.ofSeconds(1);
  private static final Duration CATCH_UP_LIMIT = Duration.ofSeconds(2);
  private static final int MOST_WAITING = 256;

  /** What the link is asked and told. */
  public sealed interface Command {}

  /**
   * Is everything applied here that the control plane has said up to now? Waits for it a while.
   *
   * @param agent whom it has to be about; what is set aside does not count as applied to its agent.
   *     Null: an older release asks, and what is set aside is not asked about
   */
  public record CatchUp(
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable AgentKey agent,
      ActorRef<CaughtUp> replyTo)
      implements Command, ClusterMessage {}

  /** The answer: false where it could not be found out in time, or is not applied yet. */
  public record CaughtUp(boolean yes) implements ClusterMessage {}

  /** These agents were heard of, and the control plane should know. */
  public record Sighted(Set<AgentKey> agents) implements Command, ClusterMessage {
    public Sighted {
      agents = Set.copyOf(agents);
    }
  }

  private record Connected(long applied) implements Command {}

  private record Disconnected() implements Command {}

  private record Heard(Heartbeat heartbeat) implements Command {}

  private record Applied(long number) implements Command {}

  private record Probed(long lastCommand) implements Command {}

  private record ProbeFailed() implements Command {}

  private record Tick() implements Command {}

  private record ClockNoted() implements Command {}

  private record Superseded(String why) implements Command {}

  private record Waiter(CatchUp asked, long target, long deadline) {
    void answer(boolean yes) {
      asked.replyTo().tell(new CaughtUp(yes));
    }
  }

  /**
   * What the link works with; what it writes to is written to in the name of its tenure.
   *
   * @param tls whom to believe to be the control plane
   * @param node this node's name
   * @param status where to say how the link stands
   */
  public record Parts(
      LinkConfig config,
      SSLContext tls,
      OfflineConfig offline,
      LinkProgress state,
      Agents agents,
      KillSwitch killSwitch,
      Organizations organizations,
      Providers providers,
      Connectors connectors,
      OperatorTrust trust,
      BundleStore bundles,
      PolicyKeeper policies,
      PolicyRollout.Asking rollout,
      UnreportedAgents unreported,
      Voting voting,
      ApprovalBoard approvals,
      SetAside setAside,
      String node,
      String version,
      Supplier<List<LinkReport.NodesSeen.Node>> nodes,
      Consumer<LinkStatus> status,
      MeterRegistry metrics,
      Clock clock) {}

  private final Parts parts;
  private final LinkClient client;
  private final LinkSession session;
  private final Reporter reporter;
  private final RolloutReporter rollout;
  private final SetAsideOrders setAside;
  private final List<Thread> threads;
  private final List<Waiter> waiting = new ArrayList<>();
  private List<CatchUp> unprobed = new ArrayList<>();
  private List<CatchUp> probing = new ArrayList<>();
  private boolean connected;
  private long applied = -1;
  private long lastCommand;
  private @Nullable Instant heardAt;
  private long clockNotedAt = System.nanoTime();

  private ControlPlaneLink(ActorContext<Command> context, Parts parts) {
    super(context);
    this.parts = parts;
    this.client = new LinkClient(parts.config(), parts.tls());
    this.reporter =
        new Reporter(
            parts.config(),
            client,
            parts.agents(),
            parts.unreported(),
            parts.approvals(),
            parts.state(),
            why -> context.getSelf().tell(new Superseded(why)),
            parts.nodes(),
            parts.clock());
    this.rollout =
        new RolloutReporter(
            parts.config(), client, parts.bundles(), parts.rollout(), parts.nodes());
    var applier =
        new CommandApplier(
            parts.agents(),
            parts.killSwitch(),
            parts.organizations(),
            parts.providers(),
            parts.connectors(),
            parts.trust(),
            new BundleIntake(
                client::bundle, parts.state(), parts.bundles(), parts.policies(), rollout::note),
            parts.voting(),
            parts.state()::enrolmentKey);
    this.setAside =
        new SetAsideOrders(
            parts.config(),
            parts.setAside(),
            parts.state(),
            applier::apply,
            client::report,
            setAsideListener(context.getSelf()),
            parts.metrics(),
            parts.clock());
    this.session =
        new LinkSession(
            parts.config(),
            client,
            parts.state(),
            applier::apply,
            setAside,
            new LinkSession.Identity(parts.config().enclave(), parts.node(), parts.version()),
            listener(context.getSelf()),
            parts.clock(),
            parts.offline().clockTolerance());
    this.threads =
        List.of(
            Thread.ofVirtual().name("redoubt-link").start(session),
            Thread.ofVirtual().name("redoubt-link-reports").start(reporter),
            Thread.ofVirtual().name("redoubt-link-rollout").start(rollout),
            Thread.ofVirtual().name("redoubt-link-set-aside").start(setAside));
  }

  /** The behavior of a node that holds the singleton. */
  public static Behavior<Command> create(Parts parts) {
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers -> {
          timers.startTimerWithFixedDelay(new Tick(), TICK);
          return new ControlPlaneLink(context, parts);
        }));
  }

  /** Called on the session's thread. */
  private LinkSession.Listener listener(ActorRef<Command> self) {
    return new LinkSession.Listener() {
      @Override
      public void connected(long upTo) {
        reporter.applied(upTo);
        reporter.connected(true);
        rollout.connected(true);
        self.tell(new Connected(upTo));
      }

      @Override
      public void disconnected() {
        reporter.connected(false);
        rollout.connected(false);
        self.tell(new Disconnected());
      }

      @Override
      public void heard(Heartbeat heartbeat) {
        self.tell(new Heard(heartbeat));
      }

      @Override
      public void applied(long number, CommandApplier.@Nullable Result result) {
        if (result instanceof CommandApplier.Stopped stopped) {
          reporter.note(Set.of(stopped.agent()));
        }
        reporter.applied(number);
        self.tell(new Applied(number));
      }

      @Override
      public void superseded(String why) {
        self.tell(new Superseded(why));
      }
    };
  }

  /** Called on the thread of what was set aside. */
  private SetAsideOrders.Listener setAsideListener(ActorRef<Command> self) {
    return new SetAsideOrders.Listener() {
      @Override
      public void stopped(AgentKey agent) {
        reporter.note(Set.of(agent));
      }

      @Override
      public void superseded(String why) {
        self.tell(new Superseded(why));
      }
    };
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onAnyMessage(this::onMessage)
        .onSignal(PostStop.class, _ -> onStop())
        .onSignal(PreRestart.class, _ -> onStop())
        .build();
  }

  private Behavior<Command> onMessage(Command command) {
    switch (command) {
      case CatchUp asked -> onCatchUp(asked);
      case Sighted(var agents) -> reporter.note(agents);
      case Connected(var upTo) -> {
        connected = true;
        onApplied(upTo);
        publish();
      }
      case Disconnected _ -> {
        connected = false;
        publish();
      }
      case Heard(var heartbeat) -> {
        lastCommand = Math.max(lastCommand, heartbeat.lastCommand());
        heardAt = heartbeat.time();
        clockNotedAt = System.nanoTime();
        publish();
      }
      case Applied(var number) -> onApplied(number);
      case Probed(var target) -> onProbed(target);
      case ProbeFailed _ -> {
        probing.forEach(asked -> asked.replyTo().tell(new CaughtUp(false)));
        probing = new ArrayList<>();
        probeIfNeeded();
      }
      case Tick _ -> onTick();
      case ClockNoted _ -> {}
      case Superseded(var why) -> throw new SupersededException(why);
    }
    return this;
  }

  private void onCatchUp(CatchUp asked) {
    if (unprobed.size() + probing.size() + waiting.size() >= MOST_WAITING) {
      asked.replyTo().tell(new CaughtUp(false));
      return;
    }
    unprobed.add(asked);
    probeIfNeeded();
  }

  /** One question to the control plane at a time, however many want to know. */
  private void probeIfNeeded() {
    if (!probing.isEmpty() || unprobed.isEmpty()) {
      return;
    }
    probing = unprobed;
    unprobed = new ArrayList<>();
    var answer = new CompletableFuture<Hello.Response>();
    Thread.ofVirtual()
        .name("redoubt-link-probe")
        .start(() -> {
          try {
            answer.complete(session.hello());
          } catch (IOException | InterruptedException | TimeoutException | RuntimeException e) {
            answer.completeExceptionally(e);
          }
        });
    getContext()
        .pipeToSelf(
            answer,
            (hello, failure) ->
                failure == null && hello != null
                    ? new Probed(hello.lastCommand())
                    : new ProbeFailed());
  }

  private void onProbed(long target) {
    long deadline = System.nanoTime() + CATCH_UP_LIMIT.toNanos();
    for (var asked : probing) {
      waiting.add(new Waiter(asked, target, deadline));
    }
    probing = new ArrayList<>();
    lastCommand = Math.max(lastCommand, target);
    answerWaiting();
    probeIfNeeded();
  }

  private void onApplied(long number) {
    applied = Math.max(applied, number);
    lastCommand = Math.max(lastCommand, number);
    answerWaiting();
  }

  private void answerWaiting() {
    waiting.removeIf(waiter -> {
      if (applied >= waiter.target()) {
        waiter.answer(isWhole(waiter.asked().agent()));
        return true;
      }
      return false;
    });
  }

  /**
   * The place in the log has moved past what is set aside. For whom that is about it is still to
   * come, and nobody can say when, so nobody waits for it; for all others nothing is missing.
   */
  private boolean isWhole(@Nullable AgentKey agent) {
    return agent == null || !setAside.holds(agent);
  }

  private void onTick() {
    session.breakIfSilent();
    long now = System.nanoTime();
    waiting.removeIf(waiter -> {
      if (now - waiter.deadline() > 0) {
        waiter.answer(false);
        return true;
      }
      return false;
    });
    if (now - clockNotedAt > parts.offline().markEvery().toNanos()) {
      clockNotedAt = now;
      noteClock();
    }
    publish();
  }

  /** So that a clock which is set back while nobody vouches for the time is found out (G8). */
  private void noteClock() {
    getContext()
        .pipeToSelf(
            // Not null: one that reaches nobody any more breaks Pekko's listener.
            parts.state().clockStandsAt(parts.clock().instant()).thenApply(_ -> Done.getInstance()),
            (_, failure) ->
                SupersededException.isBehind(failure)
                    ? new Superseded("another node has the link")
                    : new ClockNoted());
  }

  private void publish() {
    parts
        .status()
        .accept(
            new LinkStatus(connected, heardAt, Math.max(applied, 0), lastCommand, setAside.size()));
  }

  private Behavior<Command> onStop() {
    threads.forEach(Thread::interrupt);
    session.close();
    client.close();
    return this;
  }
}
