package io.redoubt.multinode.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.multinode.check.BackfilledOnce;
import io.redoubt.multinode.check.KillHolds;
import io.redoubt.multinode.check.OneSuccessor;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Isolation;
import io.redoubt.multinode.history.ModelCall;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.Attempt;
import io.redoubt.multinode.product.BreakGlass;
import io.redoubt.multinode.product.Documents;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.SeparateServers;
import io.redoubt.multinode.product.SharedProduct;
import io.redoubt.multinode.product.TokenEndpoint;
import io.redoubt.multinode.product.Upstream;
import io.redoubt.proxy.sdk.SdkAgent.Heard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** G8: the control plane does not answer, and the enclave goes on, is governed and remembers. */
@ExtendWith(SharedProduct.class)
final class ControlPlaneAwayIT {
  private static final int ROTATIONS = 60;
  private static final int MODEL_CALLS = 40;

  private final History history = new History();

  @Test
  void agentsWorkAndAreKilledAndTheAuditFollowsExactlyOnce(Product product) {
    try (var servers = SeparateServers.instead(product);
        var upstream = Upstream.start(product.clock());
        var governed = new Governed(product)) {
      var operator = Operator.of(product);
      operator.useUpstream(upstream);
      var models = new ModelClient(product, upstream, history);
      var agent =
          AgentClient.boot(
              product,
              new TokenEndpoint(product, history),
              operator.createAgent("alone"),
              AgentClient.Successors.BY_CLIENT);
      models.awaitServed(agent);
      var client = breakGlassClient(operator);
      awaitKnown(product, client);
      governed.put(
          "no-transfers",
          """
          forbid (principal, action == Action::"tool:call", resource == Tool::"transfer");
          """);
      assertThat(governed.publish()).isEqualTo(2);
      int before = history.modelCalls().size();
      var traces = new ArrayList<String>();
      List<Heard> heard;

      try (var _ = servers.freezeControlPlane()) {
        work(models, agent, traces, before);
        killAndRelease(BreakGlass.withOperatorToken(product, operator.token()), models, agent);
        killAndRelease(breakGlass(product, client), models, agent);
        heard = Governed.WAYS.stream().map(way -> governed.hear(way, "Pay")).toList();
      }
      product.awaitReady();

      System.out.println(history);
      assertThat(OneSuccessor.violations(history)).as("G1, G2").isEmpty();
      assertThat(KillHolds.violations(history, upstream.sightings())).as("G3").isEmpty();
      assertThat(history.badAnswers()).as("form of refusals").isEmpty();
      await("the audit is complete")
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() ->
              assertThat(BackfilledOnce.violations(traces, operator.audit(agent.id()))).isEmpty());
      await("the control plane knows of both isolations")
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() ->
              assertThat(
                      operator.audit(agent.id()).stream()
                          .filter(line -> line.plane().equals("lifecycle"))
                          .filter(line -> line.operation().contains("isolate")))
                  .hasSizeGreaterThanOrEqualTo(2));
      assertThat(heard)
          .as("what was published last goes on deciding")
          .allSatisfy(it -> {
            assertThat(it.calls()).containsExactly("look_up");
            assertThat(governed.explainCall("transfer", it.action()).path("summary").asText())
                .isEqualTo("Denied by no-transfers in version 2 of the policies.");
          });
    }
  }

  private static JsonNode breakGlassClient(Operator operator) {
    var body = Documents.object().put("name", "break glass").put("break_glass", true);
    body.putArray("permissions").add("agents:read").add("agents:manage");
    return operator.call("POST", "/api/v1/iam/clients", body);
  }

  /** The enclave hears of the client by a command, a moment later. */
  private static void awaitKnown(Product product, JsonNode client) {
    await("the enclave knows the client")
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(breakGlass(product, client)).isNotNull());
  }

  private static BreakGlass breakGlass(Product product, JsonNode client) {
    return BreakGlass.withClient(
        product,
        client.required("client").required("id").asText(),
        client.required("client_secret").asText());
  }

  private void work(
      ModelClient models, AgentClient agent, List<String> traces, int modelCallsBefore) {
    for (int i = 0; i < ROTATIONS; i++) {
      var outcome = agent.rotate();
      assertThat(outcome.successor()).as("rotation %d: %s", i, outcome.recorded()).isNotNull();
      traces.add(outcome.trace());
    }
    for (int i = 0; i < MODEL_CALLS; i++) {
      assertThat(status(models.call(agent, Upstream.Kind.OPENAI))).isEqualTo(200);
    }
    history.modelCalls().stream().skip(modelCallsBefore).map(ModelCall::trace).forEach(traces::add);
  }

  private void killAndRelease(BreakGlass operator, ModelClient models, AgentClient agent) {
    var stream = models.begin(agent, Upstream.Kind.ANTHROPIC);
    long started = System.nanoTime();
    var acknowledgement = operator.isolate(agent.id());
    long ended = System.nanoTime();

    assertThat(acknowledgement.at("/nodes/0/how").asText()).isEqualTo("cut");
    await("the stream is cut").atMost(Duration.ofSeconds(5)).until(() -> stream.end().isDone());
    assertThat(status(models.call(agent, Upstream.Kind.ANTHROPIC))).isEqualTo(403);

    history.add(new Isolation(agent.id(), started, ended, System.nanoTime()));
    operator.release(agent.id());
    models.awaitServed(agent);
  }

  private static int status(Attempt attempt) {
    return attempt instanceof Attempt.Answered(var reply) ? reply.status() : 0;
  }
}
