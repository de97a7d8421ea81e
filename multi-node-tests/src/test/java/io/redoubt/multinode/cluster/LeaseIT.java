package io.redoubt.multinode.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.multinode.check.KillHolds;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Isolation;
import io.redoubt.multinode.history.Timed;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.AgentClient.Successors;
import io.redoubt.multinode.product.AtOnce;
import io.redoubt.multinode.product.Attempt;
import io.redoubt.multinode.product.BreakGlass;
import io.redoubt.multinode.product.Installation;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.ModelClient.LiveReply;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Reply;
import io.redoubt.multinode.product.Seed;
import io.redoubt.multinode.product.TokenEndpoint;
import io.redoubt.multinode.product.Upstream;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

/** A node that may have missed something does nothing, and the others know from when on (G3). */
@ExtendWith(SharedTrio.class)
@Isolated
final class LeaseIT {
  /** Some live on the node that stands still; an isolate of those has to wait. */
  private static final int AGENTS = 10;

  private final Product product;
  private final Upstream upstream;
  private final Operator operator;

  LeaseIT(Trio trio) {
    this.product = trio.product();
    this.upstream = trio.upstream();
    this.operator = trio.operator();
  }

  private record Acknowledged(AgentClient agent, JsonNode proof) {}

  /**
   * It goes on as a member of the cluster, with what the model sent it meanwhile in its buffers.
   */
  @Test
  void whatWasAcknowledgedWhileANodeStoodStillHoldsThereWhenItGoesOn() {
    var random = Seed.random("a node stands still");
    var history = new History();
    List<Installation.Node> nodes = product.runtime().nodes();
    Installation.Node still = nodes.get(random.nextInt(nodes.size()));
    var others = nodes.stream().filter(node -> !node.equals(still)).toList();
    var models = new ModelClient(product, upstream, history, () -> still);
    var agents = AtOnce.times(AGENTS, _ -> boot(others, history));
    AtOnce.each(agents, models::awaitServed);
    var streams = agents.stream().map(agent -> stream(models, agent)).toList();
    var breakGlass = BreakGlass.withOperatorToken(product, operator.token()).at(others.getFirst());

    List<Acknowledged> acknowledged;
    try (var _ = product.pause(still)) {
      acknowledged = isolate(breakGlass, agents, history);
    }

    assertThat(acknowledged).as("agents that live elsewhere").isNotEmpty();
    assertThat(acknowledged)
        .allSatisfy(it -> {
          assertThat(how(it.proof(), still)).isEqualTo("lease_expired");
          assertThat(how(it.proof(), others.getFirst())).isEqualTo("cut");
          assertThat(how(it.proof(), others.getLast())).isEqualTo("cut");
        });
    await("every stream has ended")
        .atMost(Duration.ofSeconds(10))
        .until(() -> streams.stream().allMatch(stream -> stream.end().isDone()));
    for (Acknowledged it : acknowledged) {
      // 503 until it has its lease again; the checker sees to it that nothing is permitted.
      await("the node refuses the agent")
          .atMost(Duration.ofSeconds(10))
          .until(() ->
              models.call(it.agent(), Upstream.Kind.ANTHROPIC)
                      instanceof Attempt.Answered(var reply)
                  && reply.status() == 403);
    }
    assertThat(KillHolds.violations(history, upstream.sightings())).as("G3").isEmpty();
    assertThat(history.badAnswers()).as("form of refusals").isEmpty();
    System.out.println(acknowledged.size() + " of " + AGENTS + " acknowledged; " + history);
  }

  /** Recorded where it was acknowledged. An agent of the node that stands still has no answer. */
  private static List<Acknowledged> isolate(
      BreakGlass breakGlass, List<AgentClient> agents, History history) {
    var asked =
        agents.stream()
            .map(agent ->
                CompletableFuture.supplyAsync(
                        () -> isolate(breakGlass, agent, history),
                        task -> Thread.ofVirtual().start(task))
                    .completeOnTimeout(Optional.empty(), 3, TimeUnit.SECONDS))
            .toList();
    return asked.stream().flatMap(it -> it.join().stream()).toList();
  }

  private static Optional<Acknowledged> isolate(
      BreakGlass breakGlass, AgentClient agent, History history) {
    long started = System.nanoTime();
    if (breakGlass.attemptToIsolate(agent.id()) instanceof Attempt.Answered(var reply)
        && reply.status() == 200) {
      history.add(new Isolation(agent.id(), started, System.nanoTime(), Timed.NEVER));
      return Optional.of(new Acknowledged(agent, reply.json()));
    }
    return Optional.empty();
  }

  @Test
  void aNodeThatHearsFromNobodyAnswersSoAndCutsWhatIsUnderWay() {
    var random = Seed.random("a node alone");
    var history = new History();
    List<Installation.Node> nodes = product.runtime().nodes();
    Installation.Node alone = nodes.get(random.nextInt(nodes.size()));
    var others = nodes.stream().filter(node -> !node.equals(alone)).toList();
    var models = new ModelClient(product, upstream, history, () -> alone);
    var agent = boot(nodes, history);
    models.awaitServed(agent);
    LiveReply stream = stream(models, agent);

    try (var _ = product.pause(others.getFirst(), others.getLast())) {
      await("the stream has ended")
          .atMost(Duration.ofSeconds(2))
          .until(() -> stream.end().isDone());
      var call = models.call(agent, Upstream.Kind.ANTHROPIC);
      assertThat(call)
          .isInstanceOfSatisfying(
              Attempt.Answered.class, answer -> assertOutOfService(answer.reply()));
      Reply self = get(alone.agent().resolve("/v1/agent/self"), agent);
      assertOutOfService(self);
      assertThat(self.problem()).isEqualTo("unavailable");
      assertThat(get(alone.agent().resolve("/v1/agent/discover"), agent).status()).isEqualTo(200);
      assertThat(get(alone.management().resolve("/metrics"), agent).text())
          .contains("redoubt_lease_held 0");
      Reply ready = get(alone.management().resolve("/ready"), agent);
      assertThat(ready.status()).isEqualTo(503);
      assertThat(ready.text()).contains("\"lease_held\":false");
    }

    models.awaitServed(agent);
    assertThat(history.badAnswers()).as("form of refusals").isEmpty();
  }

  private static void assertOutOfService(Reply reply) {
    assertThat(reply.status()).as("%s", reply).isEqualTo(503);
    assertThat(reply.header("retry-after")).isPresent();
  }

  private Reply get(URI uri, AgentClient agent) {
    var headers = Map.of("Authorization", "Bearer " + agent.accessToken());
    if (product.http().attempt("GET", uri, headers, null) instanceof Attempt.Answered(var reply)) {
      return reply;
    }
    throw new AssertionError(uri + " was not answered");
  }

  private AgentClient boot(List<Installation.Node> nodes, History history) {
    return AgentClient.boot(
        product,
        new TokenEndpoint(product, history, new Rota(nodes)),
        operator.createAgent("leased"),
        Successors.BY_CLIENT);
  }

  private static LiveReply stream(ModelClient models, AgentClient agent) {
    LiveReply stream = models.begin(agent, Upstream.Kind.ANTHROPIC);
    return stream;
  }

  private static String how(JsonNode acknowledgement, Installation.Node node) {
    return StreamSupport.stream(acknowledgement.required("nodes").spliterator(), false)
        .filter(it -> it.required("node").asText().equals(node.name()))
        .map(it -> it.required("how").asText())
        .findFirst()
        .orElse("not named");
  }
}
