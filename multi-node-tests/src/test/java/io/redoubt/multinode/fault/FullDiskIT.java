package io.redoubt.multinode.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.multinode.check.NoActWithoutRecord;
import io.redoubt.multinode.check.NothingLost;
import io.redoubt.multinode.check.OneSuccessor;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Rotation;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.Attempt;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.SmallDisk;
import io.redoubt.multinode.product.TokenEndpoint;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The disk under PostgreSQL is full, and has room again after a while. */
final class FullDiskIT {
  private static final int AGENTS = 8;

  private final History history = new History();

  @Test
  void whileTheDiskIsFullNothingIsPermittedAndAfterwardsAllGoesOn() {
    assumeThat(SmallDisk.possible())
        .as("this machine lets everybody mount a file system in a namespace of their own")
        .isTrue();
    var disk = new SmallDisk();
    try (var product = Product.start("full-disk", disk);
        var upstream = Upstream.start(product.clock())) {
      var operator = Operator.of(product);
      operator.useUpstream(upstream);
      var chains = Chains.boot(product, operator, history, AGENTS);
      var models = new ModelClient(product, upstream, history);
      var rotating = boot(product, operator, "rotating");
      // Its family stays out of the doubt that an outage leaves behind.
      var agent = boot(product, operator, "caller");
      models.awaitServed(agent);

      chains.run().awaitGrants(AGENTS * 10);
      try (var _ = disk.fill(product)) {
        await("a rotation is answered 503")
            .atMost(Duration.ofSeconds(30))
            .until(() -> {
              var reply = rotating.rotate().reply();
              return reply != null && reply.status() == 503;
            });
        await("a model call is answered 503")
            .atMost(Duration.ofSeconds(30))
            .until(() -> status(models.call(agent, Upstream.Kind.OPENAI)) == 503);
        await("it is said").atMost(Duration.ofSeconds(10)).until(() -> !product.ready());
        assertThat(product.serversAlive()).as("alive").isTrue();
        chains.stop();
      }
      product.awaitReady();
      long recovered = System.nanoTime();
      chains.resolve();
      await("the rotation goes on")
          .atMost(Duration.ofSeconds(15))
          .until(() -> rotating.rotate().recorded().answer() instanceof Rotation.Granted);
      models.awaitServed(agent);

      System.out.println(history);
      assertThat(product.logs()).as("a clear message").contains("No space left on device");
      assertThat(OneSuccessor.violations(history)).as("G1, G2").isEmpty();
      assertThat(NothingLost.violations(history, recovered)).as("durability").isEmpty();
      assertThat(history.badAnswers()).as("form of refusals").isEmpty();
      await("every intent has its outcome (G4)")
          .atMost(Duration.ofSeconds(45))
          .untilAsserted(() ->
              assertThat(
                      NoActWithoutRecord.violations(
                          upstream.sightings(),
                          history.modelCalls(),
                          operator.audit(agent.id()).stream()
                              .filter(line -> line.plane().equals("llm"))
                              .toList(),
                          List.of()))
                  .isEmpty());
    }
  }

  private AgentClient boot(Product product, Operator operator, String name) {
    return AgentClient.boot(
        product,
        new TokenEndpoint(product, history),
        operator.createAgent(name),
        AgentClient.Successors.BY_CLIENT);
  }

  private static int status(Attempt attempt) {
    return attempt instanceof Attempt.Answered(var reply) ? reply.status() : 0;
  }
}
