package io.redoubt.agent;

import com.typesafe.config.ConfigFactory;
import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent.Bootstrap;
import io.redoubt.agent.Agent.Command;
import io.redoubt.agent.Agent.Configure;
import io.redoubt.agent.Agent.Event;
import io.redoubt.agent.Agent.Isolate;
import io.redoubt.agent.Agent.OfferBootstrap;
import io.redoubt.agent.Agent.Reply;
import io.redoubt.policy.Decision;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.net.Cidr;
import io.redoubt.protocol.token.FamilyHandle;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.session.Risk;
import io.redoubt.testing.FakeDriftReports;
import io.redoubt.testing.FakeFences;
import io.redoubt.testing.FakeHistory;
import io.redoubt.testing.FakeLedger;
import io.redoubt.testing.FakeOrganizationBudgets;
import io.redoubt.testing.FakePolicies;
import io.redoubt.testing.ManualClock;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding.ShardCommand;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.jspecify.annotations.Nullable;

/** One agent with fences and a clock that a test holds in its hands. */
final class AgentFixture {
  static final Instant NOW = ManualClock.START;
  static final Instant ACCESS_END = NOW.plusSeconds(300);
  static final Instant OFFER_END = NOW.plusSeconds(3600);
  static final InetAddress INSIDE = InetAddress.ofLiteral("10.1.2.3");
  static final InetAddress OUTSIDE = InetAddress.ofLiteral("192.0.2.1");
  static final TokenDigest TOKEN = TokenDigest.of("bootstrap");
  static final TokenDigest COMMITMENT = TokenDigest.of("my own successor");
  static final TokenDigest FIRST = TokenDigest.of("first");

  /** What came of a command. */
  record Ran(Reply reply, List<Event> events) {
    Event event() {
      if (events.size() != 1) {
        throw new AssertionError("expected one event, not " + events);
      }
      return events.getFirst();
    }
  }

  final ActorTestKit kit =
      ActorTestKit.create(EventSourcedBehaviorTestKit.config().withFallback(ConfigFactory.load()));
  final ManualClock clock = new ManualClock();
  final FakeFences fences = new FakeFences();
  final FakePolicies policies = new FakePolicies();
  final FakeHistory history = new FakeHistory();
  final FakeLedger ledger = new FakeLedger();
  final FakeOrganizationBudgets organizations = new FakeOrganizationBudgets(kit.system());
  final FakeDriftReports drifts = new FakeDriftReports();
  final AtomicBoolean lease = new AtomicBoolean(true);
  final TestProbe<ShardCommand> shard = kit.createTestProbe();
  final AgentKey key = new AgentKey(OrganizationId.next(clock), AgentId.next(clock));
  final FamilyId family = FamilyHandle.create(key.organization(), key.agent()).familyId();
  final AgentSpec spec =
      new AgentSpec(
          "builder",
          "ann@example.com",
          Map.of("team", "build"),
          List.of(Cidr.parse("10.0.0.0/8")),
          new ModelAccess(List.of("claude-*"), List.of("claude-old")),
          false,
          1);
  final EventSourcedBehaviorTestKit<Command, Event, AgentState> agent;

  AgentFixture() {
    this(AgentConfig.from(ConfigFactory.load()));
  }

  AgentFixture(AgentConfig config) {
    agent =
        EventSourcedBehaviorTestKit.create(
            kit.system(),
            incarnation(key, config),
            EventSourcedBehaviorTestKit.enabledSerializationSettings().withVerifyEquality(true));
  }

  Behavior<Command> incarnation(AgentKey of, AgentConfig config) {
    return AgentEntity.create(
        of,
        shard.ref(),
        new AgentPorts(fences, policies, history, ledger, organizations, drifts),
        lease::get,
        config,
        clock);
  }

  /** Short pauses, so that giving up takes no time worth speaking of. */
  static AgentConfig impatient() {
    var config = AgentConfig.from(ConfigFactory.load());
    return new AgentConfig(
        config.entity(),
        new FenceConfig(Duration.ofMillis(200), 3, Duration.ofMillis(5), Duration.ofMillis(20), 2),
        config.risk());
  }

  /** As new, for the next test. */
  void forget() {
    clock.set(NOW);
    lease.set(true);
    agent.clear();
    fences.clear();
    policies.clear();
    history.clear();
    ledger.clear();
    organizations.clear();
    drifts.clear();
  }

  void close() {
    kit.shutdownTestKit();
  }

  Ran run(Function<ActorRef<Reply>, Command> message) {
    TestProbe<Reply> probe = kit.createTestProbe();
    var result = agent.runCommand(message.apply(probe.ref()));
    return new Ran(probe.receiveMessage(), List.copyOf(result.events()));
  }

  /** Runs the command and leaves the answer, if any comes, to the caller. */
  TestProbe<Reply> start(Function<ActorRef<Reply>, Command> message) {
    TestProbe<Reply> probe = kit.createTestProbe();
    agent.runCommand(message.apply(probe.ref()));
    return probe;
  }

  Ran configure() {
    return run(replyTo -> new Configure(spec, null, replyTo));
  }

  Ran offer(TokenDigest token) {
    return run(replyTo -> new OfferBootstrap(token, OFFER_END, null, replyTo));
  }

  Ran bootstrap(TokenDigest token) {
    return bootstrap(token, null, INSIDE);
  }

  Ran commit(TokenDigest token, TokenDigest commitment) {
    return bootstrap(token, commitment, INSIDE);
  }

  Ran bootstrap(TokenDigest token, @Nullable TokenDigest commitment, InetAddress source) {
    return bootstrap(token, commitment, source, family);
  }

  Ran bootstrap(
      TokenDigest token, @Nullable TokenDigest commitment, InetAddress source, FamilyId opened) {
    return run(replyTo -> asked(token, commitment, source, opened, clock.instant(), replyTo));
  }

  /** A request whose caller waits until then. */
  Bootstrap asked(
      TokenDigest token,
      @Nullable TokenDigest commitment,
      InetAddress source,
      FamilyId opened,
      Instant until,
      ActorRef<Reply> replyTo) {
    return new Bootstrap(
        token,
        commitment,
        commitment == null ? FIRST : commitment,
        opened,
        "jti-1",
        clock.instant().plusSeconds(300),
        null,
        source,
        until,
        replyTo);
  }

  /** Configured and bootstrapped. */
  void activate() {
    configure();
    offer(TOKEN);
    bootstrap(TOKEN);
  }

  Ran isolate(IsolationId id) {
    return run(replyTo -> new Isolate(id, "odd behaviour", "ann", null, replyTo));
  }

  Ran decide(GovernedAction action) {
    return run(replyTo -> new Agent.Decide(action, family, clock.instant(), replyTo));
  }

  /** What the starter says to a call to a model. */
  static Judgement byStarter() {
    return new Judgement(
        1,
        new Decision(Verdict.PERMIT, List.of("starter"), List.of(), List.of(), null, List.of()),
        Risk.NONE);
  }

  GovernedAction call(String model) {
    return call(Plane.LLM, model, INSIDE, false);
  }

  GovernedAction call(String model, Set<String> findings) {
    return call(Plane.LLM, model, INSIDE, false, findings);
  }

  GovernedAction call(Plane plane, String resource, InetAddress source, boolean ownCredential) {
    return call(plane, resource, source, ownCredential, Set.of());
  }

  private GovernedAction call(
      Plane plane,
      String resource,
      InetAddress source,
      boolean ownCredential,
      Set<String> findings) {
    return new GovernedAction(
        ActionId.next(clock),
        plane,
        "llm:generate",
        resource,
        "anthropic",
        FIRST.toString(),
        source,
        ownCredential,
        findings);
  }

  IsolationId isolationId() {
    return IsolationId.next(clock);
  }
}
