package io.redoubt.multinode.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.multinode.check.KillHolds;
import io.redoubt.multinode.check.NoActWithoutRecord;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.Attempt;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.ModelClient.LiveReply;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Seed;
import io.redoubt.multinode.product.SharedProduct;
import io.redoubt.multinode.product.TokenEndpoint;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** G3 while the agent does everything it can at once. */
@ExtendWith(SharedProduct.class)
final class KillSwitchIT {
  private static final int STREAMS = 32;
  private static final int CALLERS = 6;
  private static final int CYCLES = 3;

  private final History history = new History();

  @Test
  void anIsolatedAgentIsCutEverywhereAndPermittedNothing(Product product) {
    var random = Seed.random("kill switch");
    var operator = Operator.of(product);
    var endpoint = new TokenEndpoint(product, history);
    var agent = boot(product, operator, endpoint, "victim");
    var bystander = boot(product, operator, endpoint, "bystander");

    try (var upstream = Upstream.start(product.clock())) {
      operator.useUpstream(upstream);
      var models = new ModelClient(product, upstream, history);
      models.awaitServed(agent);
      var untouched = models.begin(bystander, Upstream.Kind.OPENAI);

      for (int cycle = 0; cycle < CYCLES; cycle++) {
        var streams = openStreams(models, agent);
        await("streams at the upstream").until(() -> upstream.streaming() == STREAMS + 1);
        var calling = keepCalling(models, agent);
        int more = history.modelCalls().size() + random.nextInt(5, 60);
        await("calls under way").until(() -> history.modelCalls().size() >= more);

        var acknowledgement =
            operator.isolateDuring(
                agent.id(), history, () -> assertStopped(models, agent, streams, upstream));

        assertThat(acknowledgedCuts(acknowledgement)).as("streams cut").isGreaterThanOrEqualTo(32);
        models.awaitServed(agent);
        calling.stop();
      }

      System.out.println(history);
      assertThat(untouched.end()).as("the bystander's stream").isNotDone();
      assertThat(KillHolds.violations(history, upstream.sightings())).as("G3").isEmpty();
      assertThat(history.badAnswers()).as("form of refusals").isEmpty();
      assertThat(upstream.strangeRequests()).isEmpty();
      await("every intent has its outcome (G4)")
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() ->
              assertThat(
                      NoActWithoutRecord.violations(
                          upstream.sightings().stream()
                              .filter(seen -> seen.agent().equals(agent.id()))
                              .toList(),
                          history.modelCalls().stream()
                              .filter(call -> call.agent().equals(agent.id()))
                              .toList(),
                          operator.audit(agent.id()).stream()
                              .filter(line -> line.plane().equals("llm"))
                              .toList(),
                          List.of()))
                  .isEmpty());
    }
  }

  @Test
  void anIsolatedAgentsTokenIsNotSpentAndWorksAfterTheRelease(Product product) {
    var operator = Operator.of(product);
    var agent = boot(product, operator, new TokenEndpoint(product, history), "resting");

    operator.isolateDuring(
        agent.id(),
        history,
        () -> {
          var refused = Objects.requireNonNull(agent.rotate().reply());
          assertThat(refused.status()).isEqualTo(403);
          assertThat(refused.problem()).isEqualTo("agent-not-active");
        });

    await("the release").until(() -> agent.rotate().successor() != null);
  }

  private static AgentClient boot(
      Product product, Operator operator, TokenEndpoint endpoint, String name) {
    return AgentClient.boot(
        product, endpoint, operator.createAgent(name), AgentClient.Successors.BY_CLIENT);
  }

  private static List<LiveReply> openStreams(ModelClient models, AgentClient agent) {
    var kinds = Upstream.Kind.values();
    return IntStream.range(0, STREAMS)
        .mapToObj(i -> models.stream(agent, kinds[i % kinds.length]))
        .toList();
  }

  /** Callers that hammer without regard to the answer. */
  private record Calling(List<Thread> threads, AtomicBoolean stopped) {
    void stop() {
      stopped.set(true);
      for (Thread thread : threads) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  private static Calling keepCalling(ModelClient models, AgentClient agent) {
    var stopped = new AtomicBoolean();
    var threads =
        Stream.generate(() ->
                Thread.ofVirtual()
                    .start(() -> {
                      while (!stopped.get()) {
                        models.call(agent, Upstream.Kind.OPENAI);
                      }
                    }))
            .limit(CALLERS)
            .toList();
    return new Calling(threads, stopped);
  }

  private void assertStopped(
      ModelClient models, AgentClient agent, List<LiveReply> streams, Upstream upstream) {
    await("every stream has ended")
        .atMost(Duration.ofSeconds(5))
        .until(() -> streams.stream().allMatch(stream -> stream.end().isDone()));
    await("and the upstream was told").until(() -> upstream.streaming() == 1);
    for (Upstream.Kind kind : Upstream.Kind.values()) {
      assertThat(models.call(agent, kind))
          .isInstanceOfSatisfying(
              Attempt.Answered.class,
              answer -> {
                assertThat(answer.reply().status()).isEqualTo(403);
                assertThat(answer.reply().header("x-redoubt-decision")).contains("deny");
              });
    }
  }

  private static int acknowledgedCuts(JsonNode acknowledgement) {
    var nodes = acknowledgement.required("nodes");
    assertThat(nodes).isNotEmpty();
    assertThat(nodes)
        .allSatisfy(node -> assertThat(node.required("how").asText()).isEqualTo("cut"));
    return StreamSupport.stream(nodes.spliterator(), false)
        .mapToInt(node -> node.required("streams_cut").asInt())
        .sum();
  }
}
