package io.redoubt.multinode.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.ModelCall;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.AgentClient.Successors;
import io.redoubt.multinode.product.Attempt;
import io.redoubt.multinode.product.Documents;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.SharedProduct;
import io.redoubt.multinode.product.TokenEndpoint;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** An agent stays within its budget, through parallel calls and the death of everything. */
@ExtendWith(SharedProduct.class)
final class BudgetIT {
  private static final long BUDGET = 10_000;
  private static final int CALLS = 12;

  private final History history = new History();

  @Test
  void whatWasUnderWayWhenEverythingDiedIsChargedInFullAndNothingMoreIsPermitted(Product product) {
    var operator = Operator.of(product);
    try (var upstream = Upstream.start(product.clock())) {
      operator.useUpstream(upstream);
      new ModelClient(product, upstream, new History())
          .awaitServed(boot(product, operator.createAgent("unlimited")));
      var models = new ModelClient(product, upstream, history);
      var limits = Documents.object();
      limits.putObject("budget").put("tokens_per_day", BUDGET);
      var agent = boot(product, operator.createAgent("thrifty", limits));

      for (int i = 0; i < CALLS; i++) {
        models.stream(agent, Upstream.Kind.ANTHROPIC);
      }
      await("every call is answered")
          .atMost(Duration.ofSeconds(20))
          .until(() -> history.modelCalls().size() == CALLS);
      long permitted = history.modelCalls().stream().filter(ModelCall::permitted).count();
      await("open streams").until(() -> upstream.streaming() == permitted);
      await("their intents").until(() -> permits(operator, agent).size() == permitted);
      var intents = permits(operator, agent);
      long reserved = sum(intents, it -> it.at("/reserved/tokens").asLong());

      product.killEverything();
      product.up();
      var afterwards = Operator.of(product);

      assertThat(reserved).isLessThanOrEqualTo(BUDGET);
      assertThat(reserved + reserved / permitted).as("one more").isGreaterThan(BUDGET);
      await("every call ends as unknown, in full")
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> {
            var ended = permits(afterwards, agent);
            assertThat(ended).hasSize((int) permitted);
            assertThat(ended)
                .allSatisfy(
                    it -> assertThat(it.at("/outcome/status").asText()).isEqualTo("unknown"));
            assertThat(sum(ended, it -> it.at("/outcome/charged/tokens").asLong()))
                .isEqualTo(reserved);
          });
      await("the enclave serves again, and refuses")
          .atMost(Duration.ofSeconds(20))
          .until(() ->
              models.call(agent, Upstream.Kind.ANTHROPIC) instanceof Attempt.Answered(var reply)
                  && reply.status() == 429);
      await("what is shown")
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> {
            var day =
                afterwards.call("GET", "/api/v1/agents/" + agent.id(), null).at("/spending/day");
            assertThat(day.path("tokens_spent").asLong()).isEqualTo(reserved);
            assertThat(day.path("tokens_reserved").asLong()).isZero();
            assertThat(day.path("tokens_left").asLong()).isEqualTo(BUDGET - reserved);
          });
    }
  }

  private AgentClient boot(Product product, Operator.NewAgent agent) {
    return AgentClient.boot(
        product, new TokenEndpoint(product, history), agent, Successors.BY_ENCLAVE);
  }

  private static List<JsonNode> permits(Operator operator, AgentClient agent) {
    var found = new ArrayList<JsonNode>();
    operator
        .call("GET", "/api/v1/audit?limit=200&plane=llm&agent_id=" + agent.id(), null)
        .path("items")
        .forEach(item -> {
          if (item.path("verdict").asText().equals("permit")) {
            found.add(item);
          }
        });
    return found;
  }

  private static long sum(List<JsonNode> records, ToLongFunction<JsonNode> amount) {
    return records.stream().mapToLong(amount).sum();
  }
}
