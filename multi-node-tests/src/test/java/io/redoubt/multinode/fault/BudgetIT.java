package io.redoubt.multinode.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Agents stay within their budgets, through parallel calls and the death of everything. */
@ExtendWith(SharedProduct.class)
final class BudgetIT {
  private static final long BUDGET = 10_000;
  private static final int CALLS = 12;

  private final History history = new History();

  /** Who shares a budget of so many tokens a day. */
  private record Team(List<AgentClient> agents) {
    boolean has(ModelCall call) {
      return agents.stream().anyMatch(agent -> agent.id().equals(call.agent()));
    }
  }

  @Test
  void whatWasUnderWayWhenEverythingDiedIsChargedInFullAndNothingMoreIsPermitted(Product product) {
    var operator = Operator.of(product);
    try (var upstream = Upstream.start(product.clock())) {
      var organization = operator.foundOrganization("thrifty");
      for (var of : List.of(operator, organization.operator())) {
        of.useUpstream(upstream);
        new ModelClient(product, upstream, new History())
            .awaitServed(boot(product, of.createAgent("unlimited")));
      }
      var alone = new Team(List.of(boot(product, operator.createAgent("thrifty", budget()))));
      String path = "/api/v1/iam/organizations/" + organization.id();
      organization.operator().call("PATCH", path, budget());
      var together =
          new Team(
              Stream.generate(
                      () -> boot(product, organization.operator().createAgent("one-of-two")))
                  .limit(2)
                  .toList());
      var models = new ModelClient(product, upstream, history);

      stream(models, alone);
      stream(models, together);
      await("open streams")
          .until(() -> upstream.streaming() == permitted(alone) + permitted(together));
      var reserved = awaitReserved(operator, alone);
      var reservedTogether = awaitReserved(organization.operator(), together);
      product.killEverything();
      product.up();
      var afterwards = Operator.of(product);

      assertThat(reserved).isLessThanOrEqualTo(BUDGET);
      assertThat(reserved + reserved / permitted(alone)).as("one more").isGreaterThan(BUDGET);
      assertThat(reservedTogether).isLessThanOrEqualTo(BUDGET);
      awaitUnknown(afterwards, alone, reserved);
      awaitUnknown(organization.operator(), together, reservedTogether);
      await("the enclave serves again, and refuses")
          .atMost(Duration.ofSeconds(20))
          .until(() ->
              models.call(alone.agents().getFirst(), Upstream.Kind.ANTHROPIC)
                      instanceof Attempt.Answered(var reply)
                  && reply.status() == 429);
      awaitShown(afterwards, "/api/v1/agents/" + alone.agents().getFirst().id(), reserved);
      stream(models, together);
      long all = awaitReserved(organization.operator(), together);
      assertThat(all).isLessThanOrEqualTo(BUDGET);
      awaitShown(organization.operator(), path, all);
    }
  }

  private static ObjectNode budget() {
    var body = Documents.object();
    body.putObject("budget").put("tokens_per_day", BUDGET);
    return body;
  }

  private AgentClient boot(Product product, Operator.NewAgent agent) {
    return AgentClient.boot(
        product, new TokenEndpoint(product, history), agent, Successors.BY_ENCLAVE);
  }

  /** More at once than there is a budget for. */
  private void stream(ModelClient models, Team team) {
    int before = history.modelCalls().size();
    for (int i = 0; i < CALLS; i++) {
      models.stream(team.agents().get(i % team.agents().size()), Upstream.Kind.ANTHROPIC);
    }
    await("every call is answered")
        .atMost(Duration.ofSeconds(20))
        .until(() -> history.modelCalls().size() == before + CALLS);
  }

  private long permitted(Team team) {
    return history.modelCalls().stream().filter(ModelCall::permitted).filter(team::has).count();
  }

  /** What is reserved for all that was permitted, once it is on record. */
  private long awaitReserved(Operator operator, Team team) {
    await("their intents").until(() -> permits(operator, team).size() == permitted(team));
    return sum(permits(operator, team), it -> it.at("/reserved/tokens").asLong());
  }

  private void awaitUnknown(Operator operator, Team team, long reserved) {
    await("every call ends as unknown, in full")
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> {
          var ended = permits(operator, team);
          assertThat(ended).hasSize((int) permitted(team));
          assertThat(ended)
              .allSatisfy(it -> assertThat(it.at("/outcome/status").asText()).isEqualTo("unknown"));
          assertThat(sum(ended, it -> it.at("/outcome/charged/tokens").asLong()))
              .isEqualTo(reserved);
        });
  }

  private static void awaitShown(Operator operator, String path, long used) {
    await("what is shown")
        .atMost(Duration.ofSeconds(15))
        .untilAsserted(() -> {
          var day = operator.call("GET", path, null).at("/spending/day");
          assertThat(day.path("tokens_spent").asLong() + day.path("tokens_reserved").asLong())
              .isEqualTo(used);
          assertThat(day.path("tokens_left").asLong()).isEqualTo(BUDGET - used);
        });
  }

  private static List<JsonNode> permits(Operator operator, Team team) {
    var found = new ArrayList<JsonNode>();
    for (var agent : team.agents()) {
      operator
          .call("GET", "/api/v1/audit?limit=200&plane=llm&agent_id=" + agent.id(), null)
          .path("items")
          .forEach(item -> {
            if (item.path("verdict").asText().equals("permit")) {
              found.add(item);
            }
          });
    }
    return found;
  }

  private static long sum(List<JsonNode> records, ToLongFunction<JsonNode> amount) {
    return records.stream().mapToLong(amount).sum();
  }
}
