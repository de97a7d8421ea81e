package io.redoubt.multinode.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.multinode.check.KillHolds;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Rotation;
import io.redoubt.multinode.product.Installation;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Seed;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One thing after another breaks under three nodes at work. */
@ExtendWith(SharedTrio.class)
@Isolated
final class MishapsIT {
  private static final int AGENTS = 9;
  private static final int CALLERS = 3;
  private static final int STUCK = 4;
  private static final Duration LIMIT = Duration.ofSeconds(15);

  private final Trio trio;
  private final Product product;
  private final Upstream upstream;
  private final Operator operator;

  MishapsIT(Trio trio) {
    this.trio = trio;
    this.product = trio.product();
    this.upstream = trio.upstream();
    this.operator = trio.operator();
  }

  /**
   * A node dies for good, and the one that takes most with it; and one that no other scenario has,
   * and that a short run has time for: the seed says which.
   */
  static List<Mishap> drawn() {
    var candidates =
        List.of(
            Mishap.NODE_PAUSED_SHORTLY,
            Mishap.NODE_CUT_OFF_SHORTLY,
            Mishap.NODE_SLOW,
            Mishap.CLOCK_OFF,
            Mishap.CLOCK_WRONG,
            Mishap.DATABASE_UNREACHABLE,
            Mishap.COMMITS_UNANSWERED,
            Mishap.DATABASE_KILLED,
            Mishap.DATABASE_PAUSED,
            Mishap.REDIS_RESTARTED,
            Mishap.REDIS_PAUSED,
            Mishap.REDIS_UNREACHABLE);
    var mishap = candidates.get(Seed.random("which mishap").nextInt(candidates.size()));
    System.out.println("the seed draws " + mishap);
    return List.of(Mishap.SINGLETONS_KILLED, mishap);
  }

  /** The soak goes through all of them. */
  @ParameterizedTest
  @MethodSource("drawn")
  void whateverBreaksTheGuaranteesHold(Mishap mishap) {
    var result = new Round(trio).run(mishap, "mishap " + mishap);

    System.out.printf(
        "%s: recovered after %d ms, longest wait %d ms, isolations %s%n",
        mishap.title(),
        result.recovered().toMillis(),
        result.longestWait().toMillis(),
        result.isolations());
    assertThat(result.violations()).isEmpty();
    assertThat(result.percentWithin(Duration.ofSeconds(20)))
        .as("clients that try again are served within 20 s, of a hundred")
        .isGreaterThanOrEqualTo(99);
    if (mishap == Mishap.SINGLETONS_KILLED) {
      assertThat(result.longestWait())
          .as("longest wait of a client that tries again, at the dead node too")
          .isLessThan(LIMIT);
      var acknowledgement = operator.isolate(operator.createAgent("afterwards").id());
      assertThat(acknowledgement.required("nodes").findValuesAsText("node"))
          .as("the node that came back is asked too")
          .containsExactly("node-1", "node-2", "node-3");
    }
  }

  /** The clients of the minority know nothing of it, and go on asking there. */
  @Test
  void aMinorityPermitsNothingEndsItselfAndComesBack() {
    assumeTrue(isMinorityDrawn(), "the seed draws two nodes that are deaf to each other");
    var random = Seed.random("a minority");
    List<Installation.Node> nodes = product.runtime().nodes();
    Installation.Node minority = nodes.get(random.nextInt(nodes.size()));
    var rota = new Rota(nodes);
    var fleet = Fleet.boot(product, operator, upstream, rota, AGENTS, CALLERS);
    var stuck = Fleet.boot(product, operator, upstream, () -> minority, STUCK, STUCK);
    var prisoner = stuck.callers().getFirst();

    Instant parted;
    long recovered;
    long movedOn;
    long healed;
    try (var load = fleet.runAWhile(random);
        var stuckLoad = stuck.run()) {
      parted = product.clock().instant();
      long since = System.nanoTime();
      trio.network().partition(minority.name());
      rota.without(minority);
      operator.isolateWhilePartedDuring(
          prisoner.id(),
          stuck.history(),
          () ->
              await("every agent is served by the majority")
                  .atMost(Duration.ofSeconds(20))
                  .pollInterval(Duration.ofMillis(20))
                  .until(() -> load.allServedSince(since)));
      movedOn = System.nanoTime();
      await("the minority has ended itself")
          .atMost(Duration.ofSeconds(20))
          .until(() -> product.look().pid(minority.name()) != minority.pid());
      load.relax();
      stuckLoad.relax();
      healed = System.nanoTime();
      trio.network().heal();
      product.awaitAllReady();
      rota.with(minority);
      recovered = System.nanoTime();
      long again = recovered;
      await("everybody is served, at all nodes")
          .atMost(Duration.ofSeconds(20))
          .until(() -> load.allServedSince(again) && stuckLoad.allServedSince(again));
    }

    System.out.printf(
        "%s cut off; the others serve everybody after %d ms; it is back %d ms after it could; %s%n",
        minority.name(),
        Duration.ofNanos(movedOn - parted(stuck.history())).toMillis(),
        Duration.ofNanos(recovered - healed).toMillis(),
        fleet.history());
    assertNothingServedBetween(stuck.history(), movedOn, healed);
    assertThat(KillHolds.violations(stuck.history(), upstream.sightings())).as("G3").isEmpty();
    Instant end = product.clock().instant();
    fleet.assertUnharmed(recovered, parted, end);
    stuck.assertUnharmed(recovered, parted, end);
    assertThat(product.look().nodes().stream().filter(it -> !it.name().equals(minority.name())))
        .as("the majority was left alone")
        .isSubsetOf(nodes);
  }

  /** The third one hears both, and goes on alone; the two end, and come back once they hear. */
  @Test
  void twoNodesThatAreDeafToEachOtherHoldUpTheWorkForLessThan15Seconds() {
    assumeFalse(isMinorityDrawn(), "the seed draws a minority");
    var random = Seed.random("two deaf nodes");
    List<Installation.Node> nodes = product.runtime().nodes();
    int index = random.nextInt(nodes.size());
    Installation.Node one = nodes.get(index);
    Installation.Node other = nodes.get((index + 1) % nodes.size());
    var rota = new Rota(nodes);
    var fleet = Fleet.boot(product, operator, upstream, rota, AGENTS, CALLERS);
    Instant parted;
    long cut;
    long served;
    long recovered;
    Duration longest;
    try (var load = fleet.runAWhile(random)) {
      parted = product.clock().instant();
      trio.network().partition(one.name(), other.name());
      cut = System.nanoTime();
      // As a load balancer does that asks them whether they are ready.
      for (Installation.Node deaf : List.of(one, other)) {
        await(deaf.name() + " is put out")
            .atMost(LIMIT)
            .pollInterval(Duration.ofMillis(100))
            .until(() -> !product.ready(deaf));
        rota.without(deaf);
      }
      long put = System.nanoTime();
      await("everybody is served, though they are still deaf")
          .atMost(LIMIT)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> load.allServedSince(put));
      served = System.nanoTime();
      longest = Collections.max(load.waits());
      load.relax();
      trio.network().heal();
      product.awaitAllReady();
      rota.with(one);
      rota.with(other);
      recovered = System.nanoTime();
      long again = recovered;
      await("everybody is served, at all nodes")
          .atMost(Duration.ofSeconds(20))
          .until(() -> load.allServedSince(again));
    }

    System.out.printf(
        "%s and %s deaf to each other; everybody served after %d ms, longest wait %d ms; %s%n",
        one.name(),
        other.name(),
        Duration.ofNanos(served - cut).toMillis(),
        longest.toMillis(),
        fleet.history());
    fleet.assertUnharmed(recovered, parted, product.clock().instant());
    assertThat(Duration.ofNanos(served - cut)).as("full service again").isLessThan(LIMIT);
    assertThat(longest).as("longest wait of a client that tries again").isLessThan(LIMIT);
  }

  /** A short run has time for one of the two ways of parting a cluster; the soak has both. */
  private static boolean isMinorityDrawn() {
    return Seed.random("which partition").nextBoolean();
  }

  private static long parted(History history) {
    return history.isolations().getFirst().started();
  }

  /** From the moment on at which others do its work, and until it can know. */
  private static void assertNothingServedBetween(History history, long from, long to) {
    assertThat(history.modelCalls())
        .filteredOn(call -> call.started() > from && call.started() < to)
        .allSatisfy(call -> assertThat(call.status()).isIn(0, 503));
    assertThat(history.rotations())
        .filteredOn(rotation -> rotation.started() > from && rotation.started() < to)
        .noneMatch(rotation -> rotation.answer() instanceof Rotation.Granted);
  }
}
