package io.redoubt.multinode.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.multinode.check.BackfilledOnce;
import io.redoubt.multinode.check.OneSuccessor;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.ModelCall;
import io.redoubt.multinode.history.Rotation;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.Attempt;
import io.redoubt.multinode.product.BreakGlass;
import io.redoubt.multinode.product.ControlDatabase;
import io.redoubt.multinode.product.Documents;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Reply;
import io.redoubt.multinode.product.SeparateServers;
import io.redoubt.multinode.product.SharedProduct;
import io.redoubt.multinode.product.TokenEndpoint;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * G8, past the window: the control plane has ended, one organization is frozen and another goes on,
 * every node dies and comes back meanwhile, and afterwards nothing is missing or there twice.
 */
@ExtendWith(SharedProduct.class)
final class OfflineWindowIT {
  private static final Duration WINDOW = Duration.ofSeconds(12);
  private static final int CALLS = 10;

  private final History history = new History();

  @Test
  void oneOrganizationIsFrozenAnotherGoesOnAndTheAuditIsWhole(Product product) {
    try (var servers =
            SeparateServers.instead(
                product, Map.of("REDOUBT_OFFLINE_WINDOW", WINDOW.toSeconds() + "s"));
        var upstream = Upstream.start(product.clock())) {
      var careful = Operator.of(product);
      careful.useUpstream(upstream);
      var bold = boldOrganization(careful);
      bold.operator().useUpstream(upstream);
      var models = new ModelClient(product, upstream, history);
      var frozen = boot(product, careful);
      var going = boot(product, bold.operator());
      awaitPermitted(models, frozen);
      awaitPermitted(models, going);
      var glass = BreakGlass.withOperatorToken(product, careful.token());

      servers.stopControlPlane();
      var frozenTraces = new ArrayList<String>();
      var goingTraces = new ArrayList<String>();
      work(models, frozen, frozenTraces);
      work(models, going, goingTraces);
      awaitFrozen(models, frozen, WINDOW.plusSeconds(15));
      work(models, going, goingTraces);
      frozenTraces.add(rotate(frozen));
      assertThat(link(product).path("stale").asBoolean()).isTrue();

      servers.crashAndStartEnclave();
      assertThat(call(models, frozen).text()).as("also after a restart").contains("enclave_frozen");
      frozenTraces.add(lastTrace());
      work(models, going, goingTraces);
      frozenTraces.add(rotate(frozen));
      assertThat(glass.isolate(frozen.id()).at("/nodes/0/how").asText()).isEqualTo("cut");
      glass.release(frozen.id());
      assertThat(link(product).path("age_seconds").asLong()).isGreaterThan(WINDOW.toSeconds());

      servers.startControlPlane();
      awaitPermitted(models, frozen);
      assertThat(link(product).path("stale").asBoolean()).isFalse();

      System.out.println(history);
      assertThat(OneSuccessor.violations(history)).as("G1, G2").isEmpty();
      assertThat(history.badAnswers()).as("form of refusals").isEmpty();
      awaitWhole(product, careful, frozen, frozenTraces, product.runtime().organization());
      awaitWhole(product, bold.operator(), going, goingTraces, bold.id());
    }
  }

  private static Operator.Organization boldOrganization(Operator platform) {
    var bold = platform.foundOrganization("bold");
    bold.operator()
        .call(
            "PATCH",
            "/api/v1/iam/organizations/" + bold.id(),
            Documents.object().put("offline_mode", "continue"));
    return bold;
  }

  private AgentClient boot(Product product, Operator operator) {
    return AgentClient.boot(
        product,
        new TokenEndpoint(product, history),
        operator.createAgent("offline"),
        AgentClient.Successors.BY_CLIENT);
  }

  private void work(ModelClient models, AgentClient agent, List<String> traces) {
    traces.add(rotate(agent));
    for (int i = 0; i < CALLS; i++) {
      assertThat(call(models, agent).status()).isEqualTo(200);
      traces.add(lastTrace());
    }
  }

  private static String rotate(AgentClient agent) {
    var outcome = agent.rotate();
    assertThat(outcome.recorded().answer()).isInstanceOf(Rotation.Granted.class);
    return outcome.trace();
  }

  private String lastTrace() {
    return history.modelCalls().stream().map(ModelCall::trace).toList().getLast();
  }

  private void awaitFrozen(ModelClient models, AgentClient agent, Duration atMost) {
    await("frozen")
        .atMost(atMost)
        .pollInterval(Duration.ofMillis(500))
        .until(() -> {
          Reply reply = call(models, agent);
          return reply.status() == 403 && reply.text().contains("enclave_frozen");
        });
  }

  private static void awaitPermitted(ModelClient models, AgentClient agent) {
    await("permitted")
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            models.call(agent, Upstream.Kind.ANTHROPIC) instanceof Attempt.Answered(var reply)
                && reply.status() == 200);
  }

  private static Reply call(ModelClient models, AgentClient agent) {
    if (models.call(agent, Upstream.Kind.ANTHROPIC) instanceof Attempt.Answered(var reply)) {
      return reply;
    }
    throw new AssertionError("not answered");
  }

  private static JsonNode link(Product product) {
    if (product
            .http()
            .attempt("GET", product.runtime().node().management().resolve("/ready"), Map.of(), null)
        instanceof Attempt.Answered(var reply)) {
      return reply.json().at("/detail/link");
    }
    throw new AssertionError("/ready was not answered");
  }

  /** Each thing once, in its order, and no number missing between the first line and the last. */
  private static void awaitWhole(
      Product product,
      Operator operator,
      AgentClient agent,
      List<String> traces,
      String organization) {
    await("the audit is complete")
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          assertThat(BackfilledOnce.violations(traces, operator.audit(agent.id()))).isEmpty();
          assertThat(BackfilledOnce.gaps(new ControlDatabase(product).auditNumbers(organization)))
              .isEmpty();
        });
  }
}
