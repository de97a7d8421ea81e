package io.redoubt.multinode.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.multinode.check.NoActWithoutRecord;
import io.redoubt.multinode.check.NothingLost;
import io.redoubt.multinode.check.OneSuccessor;
import io.redoubt.multinode.history.AuditLine;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.Attempt;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Seed;
import io.redoubt.multinode.product.SharedProduct;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** G1, G2 and G4 while processes are killed in the middle of the work. */
@ExtendWith(SharedProduct.class)
final class CrashDuringRotationsIT {
  private static final int AGENTS = 16;
  private static final int MODEL_CALLERS = 4;

  private final History history = new History();

  @Test
  void killingTheServersLosesNothingAcknowledged(Product product) {
    var random = Seed.random("kill the servers");
    var chains = Chains.boot(product, Operator.of(product), history, AGENTS);

    chains.run().awaitGrants(random.nextInt(100, 1000));
    product.killServers();
    chains.stop();
    product.up();
    long recovered = System.nanoTime();
    chains.resolve();
    chains.run().awaitGrants(AGENTS).stop();

    assertRotationsHold(recovered);
  }

  @Test
  void killingEverythingLosesNothingAcknowledgedAndLeavesNoActUnrecorded(Product product) {
    var random = Seed.random("kill everything");
    var operator = Operator.of(product);
    var chains = Chains.boot(product, operator, history, AGENTS);
    try (var upstream = Upstream.start(product.clock())) {
      operator.useUpstream(upstream);
      var models = new ModelClient(product, upstream, history);
      var callers = chains.agents().subList(0, MODEL_CALLERS);
      models.awaitServed(callers.getFirst());
      callers.forEach(agent -> models.stream(agent, Upstream.Kind.ANTHROPIC));
      await("open streams").until(() -> upstream.streaming() == MODEL_CALLERS);

      chains.run();
      var calling = callModels(models, callers, random);
      chains.awaitGrants(random.nextInt(100, 600));
      product.killEverything();
      chains.stop();
      calling.forEach(CrashDuringRotationsIT::join);
      product.up();
      long recovered = System.nanoTime();
      chains.resolve();

      assertRotationsHold(recovered);
      assertActsAreRecorded(product, upstream, callers);
      assertThat(upstream.strangeRequests()).isEmpty();
    }
  }

  @Test
  void frozenServersThawWithoutAnythingLost(Product product) {
    var chains = Chains.boot(product, Operator.of(product), history, AGENTS);

    chains.run().awaitGrants(AGENTS * 4);
    try (var _ = product.freezeServers()) {
      await("answers that do not come")
          .atMost(Duration.ofSeconds(20))
          .until(() -> history.maybes() == AGENTS);
    }
    chains.stop();
    product.awaitReady();
    long recovered = System.nanoTime();
    chains.resolve();

    assertRotationsHold(recovered);
  }

  private void assertRotationsHold(long recovered) {
    System.out.println(history);
    assertThat(history.maybes()).as("answers that the crash took away").isPositive();
    assertThat(OneSuccessor.violations(history)).as("G1, G2").isEmpty();
    assertThat(NothingLost.violations(history, recovered)).as("durability").isEmpty();
    assertThat(history.badAnswers()).as("form of refusals").isEmpty();
  }

  /** Each caller goes on until the server no longer answers. */
  private static List<Thread> callModels(
      ModelClient models, List<AgentClient> callers, RandomGenerator random) {
    return callers.stream()
        .map(agent -> {
          var kinds = Upstream.Kind.values();
          var kind = kinds[random.nextInt(kinds.length)];
          return Thread.ofVirtual()
              .start(() -> {
                while (models.call(agent, kind) instanceof Attempt.Answered) {}
              });
        })
        .toList();
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void assertActsAreRecorded(
      Product product, Upstream upstream, List<AgentClient> callers) {
    var operator = Operator.of(product);
    await("every intent has its outcome (G4)")
        .atMost(Duration.ofSeconds(15))
        .untilAsserted(() -> {
          List<AuditLine> audit =
              callers.stream()
                  .flatMap(agent -> operator.audit(agent.id()).stream())
                  .filter(line -> line.plane().equals("llm"))
                  .toList();
          assertThat(
                  NoActWithoutRecord.violations(
                      upstream.sightings(), history.modelCalls(), audit, product.crashes()))
              .isEmpty();
        });
  }
}
