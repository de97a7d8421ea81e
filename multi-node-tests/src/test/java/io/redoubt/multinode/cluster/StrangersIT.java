package io.redoubt.multinode.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.multinode.product.AtOnce;
import io.redoubt.multinode.product.ForeignCertificate;
import io.redoubt.multinode.product.Installation;
import io.redoubt.multinode.product.Newcomer;
import io.redoubt.multinode.product.NextRelease;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Seed;
import io.redoubt.multinode.product.SkewedClock;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Who comes to a cluster at work: those that belong are let in, the others learn why not. For other
 * reasons not to belong {@code FormingTest} has a cluster that is not at work.
 */
@ExtendWith(SharedTrio.class)
@Isolated
final class StrangersIT {
  private static final int AGENTS = 8;
  private static final int CALLERS = 3;

  private final Product product;
  private final Upstream upstream;
  private final Operator operator;

  StrangersIT(Trio trio) {
    this.product = trio.product();
    this.upstream = trio.upstream();
    this.operator = trio.operator();
  }

  @Test
  void whoDoesNotBelongIsToldWhyAndNobodyElseNotices() {
    List<Installation.Node> nodes = product.runtime().nodes();
    var fleet = Fleet.boot(product, operator, upstream, new Rota(nodes), AGENTS, CALLERS);
    long over;
    try (var load = fleet.runAWhile(Seed.random("strangers"));
        var foreign = Newcomer.start(product, "foreign", foreignCertificate(), List.of())) {
      load.relax();
      // Two at once, beside the nodes at work: each is a JVM that starts.
      assertThat(
              refusals(
                  () -> refusal(Map.of("redoubt.enclave.node", "node-2")),
                  () -> refusal(Map.of(), clockAheadBy(Duration.ofMinutes(10)))))
          .satisfiesExactly(
              name -> assertThat(name).contains("Two nodes cannot have one name"),
              clock -> assertThat(clock).contains("seconds ahead of the database's"));
      try (var _ = NextRelease.migrated(product)) {
        assertThat(refusal(Map.of())).contains("The database schema is at version 1000");
      }
      assertThat(foreign.awaitFailure())
          .contains("did not get into its cluster")
          .contains("They refused this node's certificate");
      over = System.nanoTime();
      await("everybody is served")
          .atMost(Duration.ofSeconds(10))
          .until(() -> load.allServedSince(over));
    }

    System.out.println(fleet.history());
    assertThat(product.look().nodes()).as("nobody had to start anew").isEqualTo(nodes);
    assertThat(product.ready()).isTrue();
    assertThat(product.cluster(nodes.getFirst(), operator).required("nodes"))
        .as("members")
        .hasSize(nodes.size());
    fleet.assertUnharmed(over);
  }

  /** Shards move to it, and back when it leaves; who tries again once notices nothing. */
  @Test
  void aNodeThatIsAddedUnderLoadWorksAndMayLeaveAgain() {
    List<Installation.Node> nodes = product.runtime().nodes();
    var rota = new Rota(nodes);
    var fleet = Fleet.boot(product, operator, upstream, rota, AGENTS, CALLERS);
    long left;
    try (var load = fleet.runAWhile(Seed.random("an added node"))) {
      try (var added = Newcomer.start(product, "node-4", Map.of(), List.of())) {
        await("the added node is ready").atMost(Duration.ofSeconds(45)).until(added::ready);
        rota.with(added.node());
        long joined = System.nanoTime();
        await("it has its share of the shards")
            .atMost(Duration.ofSeconds(45))
            .until(() -> shards(nodes.getFirst(), "node-4") > 0);
        await("everybody is served, at all nodes")
            .atMost(Duration.ofSeconds(20))
            .until(() -> load.allServedSince(joined));
        rota.without(added.node());
      }
      left = System.nanoTime();
      await("everybody is served without it")
          .atMost(Duration.ofSeconds(20))
          .until(() -> load.allServedSince(left));
    }

    System.out.println(fleet.history());
    fleet.assertUnharmed(left);
  }

  private int shards(Installation.Node asked, String of) {
    for (var node : product.cluster(asked, operator).required("nodes")) {
      if (node.required("node").asText().equals(of)) {
        return node.path("shards").asInt();
      }
    }
    return 0;
  }

  private String refusal(Map<String, Object> settings, String... javaOptions) {
    try (var stranger = Newcomer.start(product, "stranger", settings, List.of(javaOptions))) {
      return stranger.awaitFailure();
    }
  }

  private static List<String> refusals(Callable<String> one, Callable<String> other) {
    return AtOnce.all(List.of(one, other));
  }

  private String clockAheadBy(Duration ahead) {
    return SkewedClock.option(product.directory(), ahead);
  }

  /** Right names, wrong authority; and it does not want to wait long. */
  private Map<String, Object> foreignCertificate() {
    var files =
        ForeignCertificate.write(
            product.directory(), "urn:redoubt:enclave:" + product.runtime().enclave());
    return Map.of(
        "redoubt.enclave.start-limit",
        "10 s",
        // The others of its kind come meanwhile.
        "redoubt.enclave.cluster.port",
        0,
        "redoubt.enclave.cluster.tls.certificate-file",
        files.certificate(),
        "redoubt.enclave.cluster.tls.private-key-file",
        files.privateKey());
  }
}
