package io.redoubt.entity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentConfig;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.AgentPorts;
import io.redoubt.agent.Agents;
import io.redoubt.agent.ShardedAgents;
import io.redoubt.family.FamilyKey;
import io.redoubt.family.ShardedTokenFamilies;
import io.redoubt.family.TokenFamilies;
import io.redoubt.family.TokenFamily;
import io.redoubt.family.TokenFamily.Open;
import io.redoubt.family.TokenFamily.Opened;
import io.redoubt.family.TokenFamily.Refusal;
import io.redoubt.family.TokenFamily.Refused;
import io.redoubt.family.TokenFamily.Rotate;
import io.redoubt.family.TokenFamily.Rotated;
import io.redoubt.family.TokenFamilyConfig;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.token.FamilyHandle;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.testing.FakeDriftReports;
import io.redoubt.testing.FakeFences;
import io.redoubt.testing.FakeHistory;
import io.redoubt.testing.FakeLedger;
import io.redoubt.testing.FakeOrganizationBudgets;
import io.redoubt.testing.FakePolicies;
import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.ShardRegion.CurrentShardRegionState;
import org.apache.pekko.cluster.sharding.typed.GetShardRegionState;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A cluster of one node: how entities come, go, and are found. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ShardedEntitiesTest {
  private static final int ROOM = 300;
  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              pekko.actor.provider = cluster
              pekko.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
              pekko.cluster.jmx.multi-mbeans-in-same-jvm = on
              pekko.cluster.min-nr-of-members = 1
              redoubt.token-family.entity.active-entities = %d
              """
                  .formatted(ROOM))
          .withFallback(PersistenceTestKitPlugin.config())
          .withFallback(ConfigFactory.load());

  private final ActorTestKit kit = ActorTestKit.create(CONFIG);
  private final ManualClock clock = new ManualClock();
  private final Instant later = clock.instant().plusSeconds(3600);
  private final OrganizationId organization = OrganizationId.next(clock);
  private final AgentId agent = AgentId.next(clock);
  private final TokenDigest first = TokenDigest.of("first");
  private final TokenDigest second = TokenDigest.of("second");
  private final FakeFences fences = new FakeFences();
  private final TokenFamilies families =
      ShardedTokenFamilies.start(kit.system(), TokenFamilyConfig.from(CONFIG), clock);
  private final Agents agents =
      ShardedAgents.start(
          kit.system(), AgentConfig.from(CONFIG), ports(kit.system()), () -> true, clock);

  private AgentPorts ports(ActorSystem<?> system) {
    return new AgentPorts(
        fences,
        new FakePolicies(),
        new FakeHistory(),
        new FakeLedger(),
        new FakeOrganizationBudgets(system),
        new FakeDriftReports());
  }

  @BeforeAll
  void join() {
    var cluster = Cluster.get(kit.system());
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    open(newFamily());
  }

  @AfterAll
  void shutDown() {
    kit.shutdownTestKit();
  }

  @Test
  void anAgentIsFoundByItsKey() {
    var key = new AgentKey(organization, AgentId.next(clock));
    var spec = new AgentSpec("a", null, Map.of(), List.of(), ModelAccess.ANY, false, 1);

    var done = agents.ask(key, replyTo -> new Agent.Configure(spec, null, replyTo));

    assertThat(done.toCompletableFuture().join()).isEqualTo(new Agent.Done());
    assertThat(fences.current(key)).hasValue(1);
    assertThat(agents.ask(key, Agent.Describe::new).toCompletableFuture().join())
        .isInstanceOfSatisfying(
            Agent.Description.class, description -> assertThat(description.spec()).isEqualTo(spec));
  }

  @Test
  void familiesThatDoNotExistAreNotKeptInMemory() {
    int before = inMemory(families(), TokenFamily.Command.class);
    for (int i = 0; i < 50; i++) {
      assertThat(rotate(newFamily())).isEqualTo(new Refused(Refusal.UNKNOWN));
    }

    await().until(() -> inMemory(families(), TokenFamily.Command.class) <= before);
  }

  @Test
  void agentsThatDoNotExistAreNotKeptInMemory() {
    int before = inMemory("Agent", Agent.Command.class);
    for (int i = 0; i < 50; i++) {
      var key = new AgentKey(organization, AgentId.next(clock));
      assertThat(agents.ask(key, Agent.Describe::new).toCompletableFuture().join())
          .isEqualTo(new Agent.Refused(Agent.Refusal.UNKNOWN_AGENT));
    }

    await().until(() -> inMemory("Agent", Agent.Command.class) <= before);
  }

  @Test
  void beyondTheLimitTheLeastRecentlyUsedLeaveAndComeBackAsTheyWere() {
    var keys = IntStream.range(0, 4 * ROOM).mapToObj(_ -> newFamily()).toList();
    var opened = new ArrayList<CompletableFuture<TokenFamily.Reply>>();
    keys.forEach(key -> opened.add(ask(key)));
    assertThat(opened).allSatisfy(each -> assertThat(each.join()).isEqualTo(new Opened()));

    await().until(() -> inMemory(families(), TokenFamily.Command.class) <= 2 * ROOM);

    for (var key : keys.subList(0, 20)) {
      assertThat(rotate(key)).isInstanceOf(Rotated.class);
    }
  }

  @Test
  void whoIsIdleForLongLeavesAndComesBackAsItWas() {
    var alone = ActorTestKit.create(CONFIG);
    try {
      var cluster = Cluster.get(alone.system());
      cluster.manager().tell(Join.create(cluster.selfMember().address()));
      var brief =
          ConfigFactory.parseString("redoubt.agent.entity.idle-after = 1 s").withFallback(CONFIG);
      var leaving =
          ShardedAgents.start(
              alone.system(), AgentConfig.from(brief), ports(alone.system()), () -> true, clock);
      var key = new AgentKey(organization, AgentId.next(clock));
      var spec = new AgentSpec("idle", null, Map.of(), List.of(), ModelAccess.ANY, false, 1);
      await()
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptions()
          .until(() ->
              leaving
                  .ask(key, replyTo -> new Agent.Configure(spec, null, replyTo))
                  .toCompletableFuture()
                  .join()
                  .equals(new Agent.Done()));

      await().until(() -> inMemory(alone, "Agent", Agent.Command.class) == 0);

      assertThat(leaving.ask(key, Agent.Describe::new).toCompletableFuture().join())
          .isInstanceOfSatisfying(
              Agent.Description.class,
              description -> assertThat(description.spec()).isEqualTo(spec));
    } finally {
      alone.shutdownTestKit();
    }
  }

  @Test
  void whoIsNotAnsweredInTimeHearsSo() {
    // Nobody takes over its shards either, and its end would wait for that.
    var quickEnd =
        ConfigFactory.parseString(
            "pekko.coordinated-shutdown.phases.cluster-sharding-shutdown-region.timeout = 1500 ms");
    var alone = ActorTestKit.create(quickEnd.withFallback(CONFIG));
    try {
      var impatient =
          ConfigFactory.parseString("redoubt.token-family.entity.ask-timeout = 100ms")
              .withFallback(CONFIG);
      var unreachable =
          ShardedTokenFamilies.start(alone.system(), TokenFamilyConfig.from(impatient), clock);

      var answer = unreachable.ask(newFamily(), replyTo -> new TokenFamily.Revoke("test", replyTo));

      assertThatThrownBy(() -> answer.toCompletableFuture().join())
          .hasCauseInstanceOf(TimeoutException.class);
    } finally {
      alone.shutdownTestKit();
    }
  }

  @Test
  void keysComeBackFromEntityIds() {
    var family = newFamily();
    var key = new AgentKey(organization, agent);

    assertThat(FamilyKey.ofEntityId(family.entityId())).isEqualTo(family);
    assertThat(AgentKey.ofEntityId(key.entityId())).isEqualTo(key);
    assertThat(family.entityId()).startsWith(organization.toString());
    assertThat(key.entityId()).startsWith(organization.toString());
  }

  private static String families() {
    return "TokenFamily";
  }

  private <M> int inMemory(String type, Class<M> command) {
    return inMemory(kit, type, command);
  }

  private static <M> int inMemory(ActorTestKit where, String type, Class<M> command) {
    TestProbe<CurrentShardRegionState> probe = where.createTestProbe();
    ClusterSharding.get(where.system())
        .shardState()
        .tell(new GetShardRegionState(EntityTypeKey.create(command, type), probe.ref()));
    return probe.receiveMessage(Duration.ofSeconds(10)).getShards().stream()
        .mapToInt(shard -> shard.getEntityIds().size())
        .sum();
  }

  private FamilyKey newFamily() {
    return FamilyKey.of(FamilyHandle.create(organization, agent));
  }

  private CompletableFuture<TokenFamily.Reply> ask(FamilyKey key) {
    return families
        .ask(key, replyTo -> new Open(agent, first, later, later, null, replyTo))
        .toCompletableFuture();
  }

  /** Until the cluster of one has formed, nobody answers. */
  private void open(FamilyKey key) {
    await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .until(() -> ask(key).join().equals(new Opened()));
  }

  private TokenFamily.Reply rotate(FamilyKey key) {
    return families
        .ask(
            key,
            replyTo ->
                new Rotate(agent, first, second, true, later, "jti", later, null, later, replyTo))
        .toCompletableFuture()
        .join();
  }
}
