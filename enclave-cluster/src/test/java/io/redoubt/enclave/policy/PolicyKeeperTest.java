package io.redoubt.enclave.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.policy.LivePolicies;
import io.redoubt.policy.Policies;
import io.redoubt.policy.PolicySet;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.Canary;
import io.redoubt.protocol.policy.PolicyDocument;
import io.redoubt.testing.InMemoryBundleStore;
import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PolicyKeeperTest {
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
  private static final Duration FRESH = Duration.ofSeconds(10);
  private static final OrganizationId ACME = OrganizationId.next(InstantSource.system());
  private static final OrganizationId GLOBEX = OrganizationId.next(InstantSource.system());
  private static final PolicyDocument BROKEN =
      new PolicyDocument("broken", "permit (principal,\n actoin);");

  private final ManualClock clock = new ManualClock(NOW);
  private final InMemoryBundleStore store = new InMemoryBundleStore();
  private final LivePolicies live = new LivePolicies(clock);
  private final PolicyKeeper keeper = new PolicyKeeper(store, live, PolicySet::compile, clock);

  @AfterEach
  void close() {
    keeper.close();
  }

  private void keep(OrganizationId organization, long version, PolicyDocument... documents) {
    await(store.keep(new Bundle(organization, version, NOW, List.of(documents))));
  }

  private long running(OrganizationId organization) {
    return live.of(organization).map(Policies.Running::version).orElse(0L);
  }

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  /** Meanwhile its cluster may have been told of a newer one, and everybody that it runs. */
  @Test
  void whatWasReadBeforeTheNodeWasAMemberDoesNotDecide() {
    keep(ACME, 1, Starter.DOCUMENT);
    await(keeper.catchUp());
    assertThat(live.of(ACME)).isEmpty();
    keep(ACME, 2, Starter.DOCUMENT);

    await(keeper.settle());

    assertThat(running(ACME)).isEqualTo(2);
  }

  @Test
  void nothingDecidesBeforeAnythingIsKept() {
    await(keeper.settle());

    assertThat(live.of(ACME)).isEmpty();
    assertThat(keeper.isCurrent(FRESH)).isTrue();
  }

  @Test
  void aNodeThatHasNotLookedIsNotCurrent() {
    assertThat(keeper.isCurrent(FRESH)).isFalse();

    await(keeper.catchUp());
    clock.advance(FRESH.plusMillis(1));

    assertThat(keeper.isCurrent(FRESH)).isFalse();
  }

  @Test
  void whatIsKeptDecidesAndANewerBundleTakesItsPlace() {
    keep(ACME, 1, Starter.DOCUMENT);
    await(keeper.settle());
    var before = live.of(ACME).orElseThrow();
    clock.advance(Duration.ofSeconds(1));
    keep(ACME, 2);

    var run = await(keeper.catchUp(ACME, 2)).orElseThrow();

    assertThat(before.version()).isEqualTo(1);
    assertThat(before.publishedAt()).isEqualTo(NOW);
    assertThat(run.version()).isEqualTo(2);
    assertThat(run.since()).isEqualTo(NOW.plusSeconds(1));
    assertThat(live.of(ACME).orElseThrow().digest()).isEqualTo(run.digest());
    assertThat(live.of(ACME).orElseThrow().set()).isNotSameAs(before.set());
  }

  @Test
  void anOlderBundleNeverTakesThePlaceOfANewerOne() {
    keep(ACME, 2, Starter.DOCUMENT);
    await(keeper.settle());
    var newer = live.of(ACME).orElseThrow();

    var left =
        live.run(ACME, new Policies.Running(1, newer.digest(), newer.publishedAt(), newer.set()));

    assertThat(left).isSameAs(newer);
    assertThat(running(ACME)).isEqualTo(2);
  }

  @Test
  void whatCannotBeReadLeavesTheLastGoodOneAndTheOthersAlone() {
    keep(ACME, 1, Starter.DOCUMENT);
    await(keeper.settle());
    keep(ACME, 2, Starter.DOCUMENT);
    keep(GLOBEX, 1, Starter.DOCUMENT);
    store.damaged.add(ACME);

    await(keeper.catchUp());

    assertThat(running(ACME)).isEqualTo(1);
    assertThat(running(GLOBEX)).isEqualTo(1);
    assertThat(keeper.isCurrent(FRESH)).isFalse();
    store.damaged.clear();
    await(keeper.catchUp());
    assertThat(running(ACME)).isEqualTo(2);
    assertThat(keeper.isCurrent(FRESH)).isTrue();
  }

  /** Each node tries them before it swaps, whatever the node that took the bundle in found. */
  @Test
  void aBundleWhoseCanariesDoNotHoldLeavesTheLastGoodOne() {
    keep(ACME, 1, Starter.DOCUMENT);
    await(keeper.settle());
    var canary =
        new Canary(
            "no-shell",
            Verdict.DENY,
            new Canary.Agent(Canary.ANYBODY, "anybody", null, Map.of()),
            "tool:call",
            "shell",
            null,
            "",
            List.of(),
            0,
            NOW,
            "127.0.0.1",
            null,
            null);
    await(store.keep(new Bundle(ACME, 2, NOW, List.of(Starter.DOCUMENT), List.of(canary))));

    await(keeper.catchUp());

    assertThat(running(ACME)).isEqualTo(1);
    assertThat(keeper.isCurrent(FRESH)).isFalse();
  }

  @Test
  void whatCannotBeRunLeavesTheLastGoodOne() {
    keep(ACME, 1, Starter.DOCUMENT);
    await(keeper.settle());
    keep(ACME, 2, BROKEN);

    await(keeper.catchUp());

    assertThat(running(ACME)).isEqualTo(1);
    assertThat(keeper.isCurrent(FRESH)).isFalse();
    assertThat(keeper.running(10)).extracting(PolicyKeeper.Run::version).containsExactly(1L);
  }
}
