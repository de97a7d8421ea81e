package io.redoubt.multinode.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.multinode.check.NoActWithoutRecord;
import io.redoubt.multinode.check.NothingLost;
import io.redoubt.multinode.check.OneSuccessor;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.Attempt;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Seed;
import io.redoubt.multinode.product.SharedProduct;
import io.redoubt.multinode.product.TokenEndpoint;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** PostgreSQL goes away under the running servers, and comes back. */
@ExtendWith(SharedProduct.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DatabaseOutageIT {
  private static final int AGENTS = 16;

  private final List<Aftermath> aftermaths = new ArrayList<>();

  /** What has to be looked at later. */
  private record Aftermath(AgentClient agent, History history, Upstream upstream) {}

  /**
   * One whose answer an outage swallowed gets its outcome when it is certain whether it was
   * written: certainty, then the next settle-interval, then the way up. The time is waited for
   * once.
   */
  @AfterAll
  void everyIntentHasItsOutcome(Product product) {
    var operator = Operator.of(product);
    assertThat(aftermaths).hasSize(2);
    await("every intent has its outcome (G4)")
        .atMost(Duration.ofSeconds(45))
        .untilAsserted(() ->
            assertThat(aftermaths)
                .allSatisfy(it ->
                    assertThat(
                            NoActWithoutRecord.violations(
                                it.upstream().sightings(),
                                it.history().modelCalls(),
                                operator.audit(it.agent().id()).stream()
                                    .filter(line -> line.plane().equals("llm"))
                                    .toList(),
                                List.of()))
                        .isEmpty()));
  }

  @Test
  void whileTheDatabaseIsStoppedCallersHear503AndAfterwardsAllGoesOn(Product product) {
    outage(product, "stopped", product::stopDatabase);
  }

  @Test
  void whileTheDatabaseHangsCallersHear503AndAfterwardsAllGoesOn(Product product) {
    outage(product, "hanging", product::freezeDatabase);
  }

  private void outage(
      Product product, String how, Supplier<? extends AutoCloseable> breakDatabase) {
    var random = Seed.random("database " + how);
    var history = new History();
    var operator = Operator.of(product);
    var servers = product.runtime().nodes();
    var chains = Chains.boot(product, operator, history, AGENTS);
    // Its family stays out of the doubt that an outage leaves behind.
    var agent =
        AgentClient.boot(
            product,
            new TokenEndpoint(product, history),
            operator.createAgent("caller"),
            AgentClient.Successors.BY_CLIENT);
    try (var upstream = Upstream.start(product.clock())) {
      operator.useUpstream(upstream);
      var models = new ModelClient(product, upstream, history);
      await("the provider is known")
          .atMost(Duration.ofSeconds(10))
          .until(() -> status(models.call(agent, Upstream.Kind.ANTHROPIC)) == 200);

      chains.run().awaitGrants(random.nextInt(100, 500));
      during(
          breakDatabase,
          () -> {
            chains.stop();
            assertUnavailable(product, chains.agents().getFirst(), models, agent);
            assertUnavailable(operator);
          });
      product.awaitReady();
      long recovered = System.nanoTime();
      chains.resolve();
      await("model calls go on")
          .atMost(Duration.ofSeconds(10))
          .until(() -> status(models.call(agent, Upstream.Kind.ANTHROPIC)) == 200);
      await("the operator API goes on")
          .atMost(Duration.ofSeconds(10))
          .until(() -> operator.send("GET", "/api/v1/agents", null).status() == 200);

      System.out.println(history);
      assertThat(product.serversAlive()).as("the servers were not restarted").isTrue();
      assertThat(product.runtime().nodes()).isEqualTo(servers);
      assertThat(OneSuccessor.violations(history)).as("G1, G2").isEmpty();
      assertThat(NothingLost.violations(history, recovered)).as("durability").isEmpty();
      assertThat(history.badAnswers()).as("form of refusals").isEmpty();
      aftermaths.add(new Aftermath(agent, history, upstream));
    }
  }

  private static void during(Supplier<? extends AutoCloseable> breakage, Runnable meanwhile) {
    try (var _ = breakage.get()) {
      meanwhile.run();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("the breakage does not end", e);
    }
  }

  /** No rotation and no action, and that is said; verification of tokens goes on. */
  private static void assertUnavailable(
      Product product, AgentClient rotating, ModelClient models, AgentClient agent) {
    await("a rotation is answered 503")
        .atMost(Duration.ofSeconds(15))
        .until(() -> {
          var reply = rotating.rotate().reply();
          return reply != null && reply.status() == 503;
        });
    for (Upstream.Kind kind : Upstream.Kind.values()) {
      assertThat(status(models.call(agent, kind))).as("a model call, %s", kind).isEqualTo(503);
      assertThat(status(models.call(agent.id(), agent.accessToken() + "x", kind)))
          .as("a forged token, %s", kind)
          .isEqualTo(401);
    }
    assertThat(product.ready()).as("ready").isFalse();
    assertThat(product.serversAlive()).as("alive").isTrue();
  }

  private static void assertUnavailable(Operator operator) {
    await("the operator API is answered 503")
        .atMost(Duration.ofSeconds(15))
        .until(() -> {
          var reply = operator.send("GET", "/api/v1/agents", null);
          return reply.problem().equals("unavailable") && reply.header("retry-after").isPresent();
        });
  }

  private static int status(Attempt attempt) {
    return attempt instanceof Attempt.Answered(var reply) ? reply.status() : 0;
  }
}
