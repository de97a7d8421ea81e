package io.redoubt.enclave.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.testing.BareCluster;
import io.redoubt.enclave.testing.LeasedNode;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LeaseKeeperTest {
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final Duration KEEP = Duration.ofMinutes(1);

  private final List<LeasedNode> nodes =
      IntStream.range(0, 3).mapToObj(_ -> new LeasedNode()).toList();
  private final BareCluster cluster =
      new BareCluster(3, (context, number) -> nodes.get(number - 1).keepLease(context));

  @AfterAll
  void close() {
    cluster.close();
  }

  @BeforeEach
  void allHoldTheirLease() {
    nodes.forEach(node -> node.grants.off());
    await().atMost(SOON).until(() -> nodes.stream().allMatch(node -> node.lease.held()));
  }

  private static News stop() {
    var agent = new AgentKey(new OrganizationId(UUID.randomUUID()), new AgentId(UUID.randomUUID()));
    return new News.Stopped(agent, UUID.randomUUID());
  }

  @Test
  void aNodeThatHearsFromNoMajorityLosesItsLeaseAndTheOthersKeepTheirs() {
    LeasedNode alone = nodes.get(0);
    int losses = nodes.get(1).losses.get() + nodes.get(2).losses.get();

    nodes.get(1).grants.on();
    nodes.get(2).grants.on();

    await().atMost(SOON).until(() -> !alone.lease.held());
    // It goes on granting: with itself each of the others has two of three.
    assertThat(nodes.get(1).lease.held()).isTrue();
    assertThat(nodes.get(2).lease.held()).isTrue();
    assertThat(nodes.get(1).losses.get() + nodes.get(2).losses.get()).isEqualTo(losses);
    nodes.get(2).grants.off();
    await().atMost(SOON).until(alone.lease::held);
  }

  @Test
  void aNodeThatStoodStillHasNoLeaseWhenItGoesOnAndGetsAnother() {
    LeasedNode node = nodes.get(1);
    int losses = node.losses.get();

    node.jump(Duration.ofMinutes(1));

    await().atMost(SOON).until(node.lease::held);
    assertThat(node.losses).as("what was under way was cut first").hasValueGreaterThan(losses);
  }

  @Test
  void aRenewalCountsOnlyOnceWhatTheMajorityKnowsIsAppliedHere() {
    LeasedNode node = nodes.get(2);
    var held = node.holdUpNews();
    News stop = stop();
    nodes.get(0).ledger.note(stop, KEEP);
    nodes.get(1).ledger.note(stop, KEEP);

    await().atMost(SOON).until(() -> !node.lease.held());
    assertThat(node.applied).doesNotContain(stop);
    assertThat(nodes.get(0).lease.held()).isTrue();
    held.countDown();

    await().atMost(SOON).until(node.lease::held);
    assertThat(node.applied).contains(stop);
  }

  @Test
  void whatCouldNotBeAppliedIsAppliedAgain() {
    LeasedNode node = nodes.get(1);
    node.failures.set(2);
    News stop = stop();

    nodes.get(0).ledger.note(stop, KEEP);

    await().atMost(SOON).until(() -> node.applied.contains(stop) && node.lease.held());
    assertThat(node.failures).hasValue(0);
  }

  @Test
  void newsReachesEveryNodeOnceFromEachWhoKnows() {
    News stop = stop();

    nodes.get(0).ledger.note(stop, KEEP);

    await()
        .atMost(SOON)
        .until(() -> nodes.get(1).applied.contains(stop) && nodes.get(2).applied.contains(stop));
    assertThat(nodes.get(0).applied).doesNotContain(stop);
    long asked = grantsOf(nodes.get(0), 1);
    await().atMost(SOON).until(() -> grantsOf(nodes.get(0), 1) > asked);
    assertThat(nodes.get(1).applied).containsOnlyOnce(stop);
  }

  /** Grows while the node goes on asking. */
  private long grantsOf(LeasedNode granter, int asker) {
    long member = uid(cluster.system(asker + 1));
    return granter.nanos()
        - Duration.ofMillis(granter.ledger.granted().agoMillis().getOrDefault(member, 0L))
            .toNanos();
  }

  @Test
  void itIsKnownWhoWasGrantedAMomentAgo() {
    var granted = nodes.get(0).ledger.granted().agoMillis();

    assertThat(granted).containsOnlyKeys(uid(cluster.system(2)), uid(cluster.system(3)));
    assertThat(granted.values()).allMatch(ago -> ago < 800);
  }

  private static long uid(ActorSystem<?> system) {
    return Cluster.get(system).selfMember().uniqueAddress().longUid();
  }
}
