package io.redoubt.bench.scenario;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.redoubt.action.Act;
import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentConfig;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.AgentPorts;
import io.redoubt.agent.Agents;
import io.redoubt.agent.Fences;
import io.redoubt.agent.ShardedAgents;
import io.redoubt.bench.micro.ManyPolicies;
import io.redoubt.budget.OrganizationBudget;
import io.redoubt.budget.OrganizationBudgets;
import io.redoubt.policy.LivePolicies;
import io.redoubt.policy.Policies;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.Budget;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.policy.BundleDigest;
import io.redoubt.protocol.token.FamilyHandle;
import io.redoubt.protocol.token.TokenDigest;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;

/**
 * Agents in this process: the product's own actors, sharded over a cluster of this node alone, with
 * nothing behind their ports. Their journal is in memory, and a decision writes nothing to it.
 */
final class AgentHost implements AutoCloseable {
  private static final InetAddress SOURCE = InetAddress.ofLiteral("10.1.2.3");
  private static final TokenDigest TOKEN = TokenDigest.of("bootstrap");
  private static final TokenDigest FIRST = TokenDigest.of("first");
  private static final Duration LONG = Duration.ofHours(1);

  /** Agents that are made at once. */
  private static final int AT_ONCE = 64;

  private final Clock clock = Clock.systemUTC();
  private final OrganizationId organization = OrganizationId.next(clock);
  private final List<FamilyId> families = new ArrayList<>();
  private final ActorSystem<Void> system;
  private final Agents agents;

  /**
   * None of them is made yet.
   *
   * @param most how many may be in memory
   */
  AgentHost(int most) {
    String settings =
        """
        pekko.loglevel = WARNING
        pekko.stdout-loglevel = WARNING
        pekko.actor.provider = cluster
        pekko.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
        pekko.cluster.jmx.enabled = off
        pekko.coordinated-shutdown.exit-jvm = off
        pekko.persistence.journal.plugin = "pekko.persistence.journal.inmem"
        pekko.persistence.snapshot-store.plugin = "pekko.persistence.no-snapshot-store"
        redoubt.agent.entity { ask-timeout = 30 s, active-entities = %d }
        """
            .formatted(2 * most);
    Config config = ConfigFactory.parseString(settings).withFallback(ConfigFactory.load());
    var policies = new LivePolicies(clock);
    policies.run(
        organization,
        new Policies.Running(1, BundleDigest.of(new byte[0]), clock.instant(), ManyPolicies.set()));
    policies.settle();
    system = ActorSystem.create(Behaviors.empty(), "bench", config);
    agents =
        ShardedAgents.start(system, AgentConfig.from(config), ports(policies), () -> true, clock);
    var cluster = Cluster.get(system);
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
  }

  private AgentPorts ports(Policies policies) {
    List<Act> acts = ManyPolicies.acts(clock.instant());
    return new AgentPorts(
        new Fences() {
          @Override
          public CompletionStage<Void> raise(AgentKey agent, long fence) {
            return CompletableFuture.completedFuture(null);
          }

          @Override
          public CompletionStage<OptionalLong> standing(AgentKey agent) {
            return CompletableFuture.completedFuture(OptionalLong.empty());
          }
        },
        policies,
        (_, _, _) -> CompletableFuture.completedFuture(acts),
        (_, _, _, _) -> CompletableFuture.completedFuture(List.of()),
        new OrganizationBudgets() {
          @Override
          public Budget of(OrganizationId whose) {
            return Budget.NONE;
          }

          @Override
          public CompletionStage<OrganizationBudget.Reply> ask(
              OrganizationId whose,
              Function<ActorRef<OrganizationBudget.Reply>, OrganizationBudget.Command> message) {
            return CompletableFuture.failedFuture(new IllegalStateException("there is no budget"));
          }
        },
        (_, _, _, _) -> CompletableFuture.completedFuture(null));
  }

  Clock clock() {
    return clock;
  }

  InetAddress source() {
    return SOURCE;
  }

  /** Makes so many, all of them in memory and active, each with a full session. */
  void make(int many) throws InterruptedException {
    for (int i = 0; i < many; i++) {
      families.add(FamilyHandle.create(organization, ManyPolicies.agent(i)).familyId());
    }
    var room = new Semaphore(AT_ONCE);
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    for (int i = 0; i < many && failures.isEmpty(); i++) {
      room.acquire();
      var _ =
          made(i)
              .whenComplete((_, failure) -> {
                if (failure != null) {
                  failures.add(failure);
                }
                room.release();
              });
    }
    room.acquire(AT_ONCE);
    if (!failures.isEmpty()) {
      throw new IllegalStateException("an agent could not be made", failures.peek());
    }
  }

  private CompletionStage<Agent.Reply> made(int number) {
    Instant later = clock.instant().plus(LONG);
    var spec =
        new AgentSpec(
            "agent-" + number,
            "mem_" + number,
            ManyPolicies.labels(number),
            List.of(),
            ModelAccess.ANY,
            false,
            1);
    return tell(number, replyTo -> new Agent.Configure(spec, null, replyTo))
        .thenCompose(
            _ -> tell(number, replyTo -> new Agent.OfferBootstrap(TOKEN, later, null, replyTo)))
        .thenCompose(_ ->
            tell(
                number,
                replyTo ->
                    new Agent.Bootstrap(
                        TOKEN,
                        null,
                        FIRST,
                        families.get(number),
                        "jti",
                        later,
                        null,
                        SOURCE,
                        later,
                        replyTo)))
        // It reads what it did before when it is first asked what it may do.
        .thenCompose(_ -> tell(number, replyTo -> new Agent.Consider(something(), later, replyTo)));
  }

  private GovernedAction something() {
    return new GovernedAction(
        ActionId.next(clock),
        Plane.LLM,
        "llm:generate",
        "claude-sonnet-5",
        "anthropic",
        FIRST.toString(),
        SOURCE,
        false,
        Set.of());
  }

  private CompletionStage<Agent.Reply> tell(
      int number, Function<ActorRef<Agent.Reply>, Agent.Command> message) {
    return ask(number, message)
        .thenApply(reply -> {
          if (reply instanceof Agent.Refused) {
            throw new IllegalStateException("agent " + number + " answers " + reply);
          }
          return reply;
        });
  }

  CompletableFuture<Agent.Reply> decide(int number, GovernedAction action) {
    Instant until = clock.instant().plus(LONG);
    return ask(number, replyTo -> new Agent.Decide(action, families.get(number), until, replyTo));
  }

  CompletableFuture<Agent.Reply> decide(int number, List<GovernedAction> together) {
    Instant until = clock.instant().plus(LONG);
    return ask(
        number,
        replyTo -> new Agent.DecideTogether(together, families.get(number), until, replyTo));
  }

  private CompletableFuture<Agent.Reply> ask(
      int number, Function<ActorRef<Agent.Reply>, Agent.Command> message) {
    return agents
        .ask(new AgentKey(organization, ManyPolicies.agent(number)), message)
        .toCompletableFuture();
  }

  @Override
  public void close() {
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().orTimeout(1, TimeUnit.MINUTES).join();
  }
}
