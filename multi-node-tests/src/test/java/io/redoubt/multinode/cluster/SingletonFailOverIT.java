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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The node with the link, the forwarder and the janitor sleeps, and wakes up replaced. */
@ExtendWith(SharedTrio.class)
final class SingletonFailOverIT {
  private static final int CALLS = 30;

  private final Trio trio;
  private final Product product;
  private final Operator operator;
  private final History history = new History();

  SingletonFailOverIT(Trio trio) {
    this.trio = trio;
    this.product = trio.product();
    this.operator = trio.operator();
  }

  @Test
  void aHolderThatSleptThroughItsReplacementChangesNothing() {
    List<Installation.Node> nodes = product.runtime().nodes();
    var rota = new Rota(nodes);
    var models = new ModelClient(product, trio.upstream(), history, rota);
    var before = boot(rota);
    var traces = new ArrayList<String>();
    awaitServed(models, before);
    Installation.Node holder = product.singletons(operator);

    try (var _ = product.pause(holder)) {
      rota.without(holder);
      // What the control plane says now arrives through another node, and so does the audit.
      var after = boot(rota);
      awaitServed(models, after);
      call(models, after, traces);
      awaitWhole(after, traces);
    }
    await("the node has ended and come back")
        .atMost(Duration.ofSeconds(45))
        .until(() -> product.look().pid(holder.name()) != holder.pid());
    product.awaitAllReady();
    var last = boot(rota);
    awaitServed(models, last);
    var lastTraces = new ArrayList<String>();
    call(models, last, lastTraces);

    awaitWhole(last, lastTraces);
    assertThat(product.singletons(operator).name()).isNotEqualTo(holder.name());
    System.out.println(history);
  }

  private AgentClient boot(Rota rota) {
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

  /** Each call once, in order, and no number missing or there twice. */
  private void awaitWhole(AgentClient agent, List<String> traces) {
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
