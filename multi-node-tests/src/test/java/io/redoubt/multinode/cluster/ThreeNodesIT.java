package io.redoubt.multinode.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.multinode.check.BackfilledOnce;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.ModelCall;
import io.redoubt.multinode.history.Rotation;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.AgentClient.Successors;
import io.redoubt.multinode.product.Attempt;
import io.redoubt.multinode.product.BreakGlass;
import io.redoubt.multinode.product.ControlDatabase;
import io.redoubt.multinode.product.Installation;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Seed;
import io.redoubt.multinode.product.TokenEndpoint;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

/** Three nodes in processes of their own behave as one enclave, also when one of them is gone. */
@ExtendWith(SharedTrio.class)
@Isolated
final class ThreeNodesIT {
  private static final int AGENTS = 12;
  private static final int CALLERS = 4;
  private static final int CALLS = 30;

  private final Product product;
  private final Upstream upstream;
  private final Operator operator;

  ThreeNodesIT(Trio trio) {
    this.product = trio.product();
    this.upstream = trio.upstream();
    this.operator = trio.operator();
  }

  @Test
  void whatOneNodeIssuesTheOthersHonour() {
    var history = new History();
    List<Installation.Node> nodes = product.runtime().nodes();
    var agent =
        AgentClient.boot(
            product,
            new TokenEndpoint(product, history, nodes::getFirst),
            operator.createAgent("roaming"),
            Successors.BY_CLIENT);

    for (Installation.Node node : nodes) {
      new ModelClient(product, upstream, history, () -> node).awaitServed(agent);
    }
  }

  @Test
  void anIsolateCutsAtEveryNodeAndNamesThemAll() {
    var history = new History();
    List<Installation.Node> nodes = product.runtime().nodes();
    var agent = boot(new Rota(nodes), history);
    var streams =
        nodes.stream()
            .map(node -> {
              var models = new ModelClient(product, upstream, history, () -> node);
              models.awaitServed(agent);
              return models.begin(agent, Upstream.Kind.ANTHROPIC);
            })
            .toList();

    JsonNode acknowledgement =
        operator.isolateDuring(
            agent.id(),
            history,
            () ->
                await("every stream has ended")
                    .atMost(Duration.ofSeconds(5))
                    .until(() -> streams.stream().allMatch(stream -> stream.end().isDone())));

    assertThat(acknowledgement.required("nodes"))
        .allSatisfy(node -> {
          assertThat(node.required("how").asText()).isEqualTo("cut");
          assertThat(node.required("streams_cut").asInt()).isEqualTo(1);
        });
    assertThat(names(acknowledgement)).containsExactly("node-1", "node-2", "node-3");
  }

  /**
   * It wakes up after the others have gone on without it: a writer and a permitter too many. It is
   * the one with the link, the forwarder and the janitor, which went on elsewhere meanwhile: what
   * the control plane says arrives through another node, and so does the audit.
   */
  @Test
  void aNodeThatWakesUpAfterItWasGivenUpEndsItselfAndHasChangedNothing() {
    var random = Seed.random("pause a node");
    List<Installation.Node> nodes = product.runtime().nodes();
    var rota = new Rota(nodes);
    var fleet = Fleet.boot(product, operator, upstream, rota, AGENTS, CALLERS);
    Installation.Node zombie = product.singletons(operator);
    Instant paused;

    long recovered;
    try (var load = fleet.runAWhile(random)) {
      long stopped = System.nanoTime();
      paused = product.clock().instant();
      try (var _ = product.pause(zombie)) {
        rota.without(zombie);
        await("every agent is served again by the others")
            .atMost(Duration.ofSeconds(20))
            .pollInterval(Duration.ofMillis(20))
            .until(() -> load.allServedSince(stopped));
        load.relax();
        assertNewcomersAreKnownAndRecorded(rota);
      }
      // Awake, and asked as before: whoever does not know yet that it is gone still calls it.
      rota.with(zombie);
      await("the node has ended and come back")
          .atMost(Duration.ofSeconds(45))
          .until(() -> product.look().pid(zombie.name()) != zombie.pid());
      product.awaitAllReady();
      recovered = System.nanoTime();
      long since = recovered;
      await("and goes on being served")
          .atMost(Duration.ofSeconds(20))
          .until(() -> load.allServedSince(since));
    }

    System.out.println(fleet.history());
    assertThat(product.look().nodes().stream().filter(node -> !node.name().equals(zombie.name())))
        .as("the others were left alone")
        .isSubsetOf(nodes);
    fleet.assertUnharmed(recovered, paused, product.clock().instant());
    assertNewcomersAreKnownAndRecorded(new Rota(product.runtime().nodes()));
    assertThat(product.singletons(operator).name()).isNotEqualTo(zombie.name());
  }

  /** Whoever is made now boots and calls, and each call is in the audit once and in order. */
  private void assertNewcomersAreKnownAndRecorded(Rota rota) {
    var history = new History();
    var models = new ModelClient(product, upstream, history, rota);
    var agent = boot(rota, history);
    models.awaitServed(agent);
    var traces = new ArrayList<String>();
    for (int i = 0; i < CALLS; i++) {
      models.awaitServed(agent);
      traces.add(history.modelCalls().stream().map(ModelCall::trace).toList().getLast());
    }

    await("the audit is complete")
        .atMost(Duration.ofSeconds(40))
        .untilAsserted(() -> {
          assertThat(BackfilledOnce.violations(traces, operator.audit(agent.id()))).isEmpty();
          String organization = product.runtime().organization();
          assertThat(BackfilledOnce.gaps(new ControlDatabase(product).auditNumbers(organization)))
              .as("no number missing or there twice")
              .isEmpty();
        });
  }

  /** And it comes back with what was ended before, from its first answer on. */
  @Test
  void aNodeThatIsStoppedHandsOverWithoutLeavingAnythingUnknown() {
    var random = Seed.random("stop a node");
    List<Installation.Node> nodes = product.runtime().nodes();
    var rota = new Rota(nodes);
    var fleet = Fleet.boot(product, operator, upstream, rota, AGENTS, CALLERS);
    Installation.Node leaver = nodes.get(random.nextInt(nodes.size()));
    var robbed = boot(rota, new History());

    long stopped;
    long recovered;
    try (var load = fleet.runAWhile(random)) {
      endItsToken(robbed, nodes);
      rota.without(leaver);
      product.stop(leaver);
      stopped = System.nanoTime();
      await("the node has ended")
          .atMost(Duration.ofSeconds(45))
          .until(() -> !product.alive(leaver));
      load.relax();
      await("and come back")
          .atMost(Duration.ofSeconds(45))
          .until(() -> product.look().pid(leaver.name()) != leaver.pid());
      await("it is ready, and has honoured at no moment what was ended before")
          .atMost(Duration.ofSeconds(90))
          .until(() -> {
            assertThat(status(leaver, robbed)).isIn(0, 401, 503);
            product.look();
            return product.ready();
          });
      assertThat(status(leaver, robbed)).isEqualTo(401);
      recovered = System.nanoTime();
      long since = recovered;
      await("everybody is served")
          .atMost(Duration.ofSeconds(20))
          .until(() -> load.allServedSince(since));
    }

    report(leaver, stopped, recovered, fleet.history());
    fleet.assertUnharmed(recovered);
  }

  /** One of them is asked, and says of all that they refuse it. */
  private void endItsToken(AgentClient robbed, List<Installation.Node> nodes) {
    for (Installation.Node node : nodes) {
      new ModelClient(product, upstream, new History(), () -> node).awaitServed(robbed);
    }
    JsonNode acknowledgement =
        BreakGlass.withOperatorToken(product, operator.token())
            .at(nodes.getFirst())
            .revokeToken(robbed.id(), robbed.accessToken());

    assertThat(names(acknowledgement)).containsExactly("node-1", "node-2", "node-3");
    assertThat(acknowledgement.required("nodes"))
        .allSatisfy(node -> assertThat(node.required("how").asText()).isEqualTo("cut"));
    assertThat(nodes)
        .allSatisfy(node -> assertThat(status(node, robbed)).as(node.name()).isEqualTo(401));
  }

  /** What a call is answered; 0: it is not. */
  private int status(Installation.Node node, AgentClient agent) {
    var models = new ModelClient(product, upstream, new History(), () -> node);
    return models.call(agent, Upstream.Kind.ANTHROPIC) instanceof Attempt.Answered(var reply)
        ? reply.status()
        : 0;
  }

  private AgentClient boot(Rota rota, History history) {
    return AgentClient.boot(
        product,
        new TokenEndpoint(product, history, rota),
        operator.createAgent("member"),
        Successors.BY_CLIENT);
  }

  private static List<String> names(JsonNode acknowledgement) {
    return StreamSupport.stream(acknowledgement.required("nodes").spliterator(), false)
        .map(node -> node.required("node").asText())
        .toList();
  }

  private static void report(
      Installation.Node victim, long killed, long recovered, History history) {
    long calls = history.modelCalls().stream().filter(call -> call.started() > killed).count();
    Map<Boolean, Long> served =
        history.modelCalls().stream()
            .filter(call -> call.started() > killed)
            .collect(
                java.util.stream.Collectors.partitioningBy(
                    ModelCall::permitted, java.util.stream.Collectors.counting()));
    long rotations =
        history.rotationsByFamily().values().stream()
            .flatMap(List::stream)
            .filter(rotation -> rotation.started() > killed)
            .count();
    long granted =
        history.rotationsByFamily().values().stream()
            .flatMap(List::stream)
            .filter(rotation -> rotation.started() > killed)
            .filter(rotation -> rotation.answer() instanceof Rotation.Granted)
            .count();
    System.out.printf(
        "%s gone; everybody served again after %d ms; since then %d of %d model calls and %d of"
            + " %d rotations succeeded at once; %s%n",
        victim.name(),
        Duration.ofNanos(recovered - killed).toMillis(),
        served.getOrDefault(true, 0L),
        calls,
        granted,
        rotations,
        history);
  }
}
