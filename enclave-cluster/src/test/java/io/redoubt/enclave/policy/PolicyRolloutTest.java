package io.redoubt.enclave.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.enclave.testing.BareCluster;
import io.redoubt.policy.BundleStore;
import io.redoubt.policy.LivePolicies;
import io.redoubt.policy.PolicySet;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.testing.InMemoryBundleStore;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Which nodes run a bundle, as they say it themselves. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PolicyRolloutTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private static final Duration LIMIT = Duration.ofSeconds(1);

  private final List<InMemoryBundleStore> stores =
      Stream.generate(InMemoryBundleStore::new).limit(2).toList();
  private final List<PolicyKeeper> keepers =
      stores.stream()
          .map(store -> new PolicyKeeper(store, new LivePolicies(CLOCK), PolicySet::compile, CLOCK))
          .toList();
  private final CompletableFuture<ActorRef<PolicyRollout.Ask>> asked = new CompletableFuture<>();
  private final BareCluster cluster = new BareCluster(2, this::wire);
  private final OrganizationId organization = OrganizationId.next(CLOCK);

  private void wire(ActorContext<Void> context, int number) {
    context.spawn(PolicyNode.create(keepers.get(number - 1)), PolicyNode.NAME);
    if (number == 1) {
      asked.complete(context.spawn(PolicyRollout.create(LIMIT, CLOCK), "policy-rollout"));
    }
  }

  @AfterAll
  void close() {
    cluster.close();
    keepers.forEach(PolicyKeeper::close);
  }

  private LinkReport.BundleRunning whoRuns(Bundle bundle) {
    return PolicyRollout.asking(asked.join(), cluster.system(1), LIMIT)
        .whoRuns(new BundleStore.Heading(organization, bundle.version(), bundle.digest()))
        .toCompletableFuture()
        .join();
  }

  @Test
  void aNodeIsMissingUntilItSaysThatItRunsTheVersion() {
    var bundle = new Bundle(organization, 3, CLOCK.instant(), List.of(Starter.DOCUMENT));
    stores.getFirst().keep(bundle);

    var first = whoRuns(bundle);
    stores.getLast().keep(bundle);
    var second = whoRuns(bundle);

    assertThat(first.nodes())
        .extracting(LinkReport.BundleRunning.NodeRun::node)
        .containsExactly("node-1");
    assertThat(first.missing()).containsExactly("node-2");
    assertThat(second.nodes())
        .extracting(LinkReport.BundleRunning.NodeRun::node)
        .containsExactly("node-1", "node-2");
    assertThat(second.missing()).isEmpty();
    assertThat(second.version()).isEqualTo(3);
    assertThat(second.digest()).isEqualTo(bundle.digest());
  }

  @Test
  void aNodeThatRunsAnOlderVersionIsMissing() {
    var own = OrganizationId.next(CLOCK);
    var older = new Bundle(own, 1, CLOCK.instant(), List.of());
    stores.forEach(store -> store.keep(older));

    var report =
        PolicyRollout.asking(asked.join(), cluster.system(1), LIMIT)
            .whoRuns(new BundleStore.Heading(own, 2, older.digest()))
            .toCompletableFuture()
            .join();

    assertThat(report.nodes()).isEmpty();
    assertThat(report.missing()).containsExactly("node-1", "node-2");
  }
}
