package io.redoubt.multinode.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.multinode.check.BackfilledOnce;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.ModelCall;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.Attempt;
import io.redoubt.multinode.product.ControlDatabase;
import io.redoubt.multinode.product.Installation;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.TokenEndpoint;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The node with the link, the forwarder and the janitor sleeps, and wakes up replaced. */
final class SingletonFailOverIT {
  private static final int CALLS = 30;

  private final History history = new History();

  @Test
  void aHolderThatSleptThroughItsReplacementChangesNothing() {
    try (var product = Product.start("singleton-fail-over", "--nodes", "3");
        var upstream = Upstream.start(product.clock())) {
      var operator = Operator.of(product);
      operator.useUpstream(upstream);
      List<Installation.Node> nodes = product.runtime().nodes();
      var rota = new Rota(nodes);
      var models = new ModelClient(product, upstream, history, rota);
      var before = boot(product, operator, rota);
      var traces = new ArrayList<String>();
      awaitServed(models, before);
      Installation.Node holder = holder(product, operator);

      try (var _ = product.pause(holder)) {
        rota.without(holder);
        // What the control plane says now arrives through another node, and so does the audit.
        var after = boot(product, operator, rota);
        awaitServed(models, after);
        call(models, after, traces);
        awaitWhole(product, operator, after, traces);
      }
      await("the node has ended and come back")
          .atMost(Duration.ofSeconds(45))
          .until(() -> pid(product.look(), holder) != holder.pid());
      product.awaitReady();
      var last = boot(product, operator, rota);
      awaitServed(models, last);
      var lastTraces = new ArrayList<String>();
      call(models, last, lastTraces);

      awaitWhole(product, operator, last, lastTraces);
      assertThat(holder(product, operator).name()).isNotEqualTo(holder.name());
      System.out.println(history);
    }
  }

  private AgentClient boot(Product product, Operator operator, Rota rota) {
    return AgentClient.boot(
        product,
        new TokenEndpoint(product, history, rota),
        operator.createAgent("member"),
        AgentClient.Successors.BY_CLIENT);
  }

  private static void awaitServed(ModelClient models, AgentClient agent) {
    await("served")
        .atMost(Duration.ofSeconds(20))
        .until(() ->
            models.call(agent, Upstream.Kind.ANTHROPIC) instanceof Attempt.Answered(var reply)
                && reply.status() == 200);
  }

  private void call(ModelClient models, AgentClient agent, List<String> traces) {
    for (int i = 0; i < CALLS; i++) {
      awaitServed(models, agent);
      traces.add(history.modelCalls().stream().map(ModelCall::trace).toList().getLast());
    }
  }

  private static Installation.Node holder(Product product, Operator operator) {
    var headers = Map.of("Authorization", "Bearer " + operator.token());
    for (Installation.Node node : product.runtime().nodes()) {
      var uri = node.management().resolve("/v1/cluster");
      if (product.http().attempt("GET", uri, headers, null) instanceof Attempt.Answered(var reply)
          && reply.status() == 200) {
        String name = reply.json().at("/singletons/control_plane_link").asText();
        return product.runtime().nodes().stream()
            .filter(it -> it.name().equals(name))
            .findFirst()
            .orElseThrow();
      }
    }
    throw new AssertionError("no node says how the cluster is");
  }

  private static long pid(Installation now, Installation.Node node) {
    return now.nodes().stream()
        .filter(it -> it.name().equals(node.name()))
        .findFirst()
        .orElseThrow()
        .pid();
  }

  /** Each call once, in order, and no number missing or there twice. */
  private static void awaitWhole(
      Product product, Operator operator, AgentClient agent, List<String> traces) {
    await("the audit is complete")
        .atMost(Duration.ofSeconds(40))
        .untilAsserted(() -> {
          assertThat(BackfilledOnce.violations(traces, operator.audit(agent.id()))).isEmpty();
          String organization = product.runtime().organization();
          assertThat(BackfilledOnce.gaps(new ControlDatabase(product).auditNumbers(organization)))
              .isEmpty();
        });
  }
}
