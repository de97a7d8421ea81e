package io.redoubt.multinode.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.multinode.check.BackfilledOnce;
import io.redoubt.multinode.history.Rotation;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.Attempt;
import io.redoubt.multinode.product.ControlDatabase;
import io.redoubt.multinode.product.Installation;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.NextBuild;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Seed;
import io.redoubt.multinode.product.Upstream;
import io.redoubt.multinode.product.Upstream.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * One node after the other becomes one of the next build, as the handbook says how, while agents
 * work. The last of the scenarios: the nodes are of that build from then on.
 */
@Order(Integer.MAX_VALUE)
@EnabledIfSystemProperty(named = "redoubt.rolling-update", matches = "true")
@ExtendWith(SharedTrio.class)
@Isolated
final class RollingUpdateIT {
  private static final int AGENTS = 9;
  private static final int CALLERS = 3;
  private static final Duration THINK = Duration.ofMillis(100);

  /** Of a stream, in milliseconds; none is as long as a drain lets it go on. */
  private static final int SHORTEST = 200;

  private static final int LONGEST = 4_000;

  private static final ModelClient.Ending NO_END =
      new ModelClient.Ending(new Attempt.Lost("no end"), false);

  private final Product product;
  private final Upstream upstream;
  private final Operator operator;

  RollingUpdateIT(Trio trio) {
    this.product = trio.product();
    this.upstream = trio.upstream();
    this.operator = trio.operator();
  }

  @Test
  void whoTriesOnceMoreNoticesNothingOfARollingUpdate() {
    var random = Seed.random("a rolling update");
    List<Installation.Node> nodes = product.runtime().nodes();
    var next = NextBuild.of(product);
    var fleet = Fleet.boot(product, operator, upstream, new OwnRota(nodes), AGENTS, CALLERS);

    var clients = new OnceMore();

    long over;
    try (clients) {
      employ(clients, fleet, random);
      awaitServed(clients, System.nanoTime());
      for (Installation.Node node : nodes) {
        update(node, next);
      }
      over = System.nanoTime();
      awaitServed(clients, over);
    }

    System.out.println(clients + "; " + fleet.history());
    assertThat(clients.failures()).as("what failed though it was tried once more").isEmpty();
    assertThat(product.cluster(nodes.getFirst(), operator).required("nodes"))
        .hasSize(nodes.size())
        .allSatisfy(
            node -> assertThat(node.required("version").asText()).isEqualTo(next.version()));
    // No crash excuses anything: whatever was permitted has its true outcome.
    fleet.assertUnharmed(over);
    assertThat(
            BackfilledOnce.gaps(
                new ControlDatabase(product).auditNumbers(product.runtime().organization())))
        .as("numbers of the audit")
        .isEmpty();
  }

  private static void employ(OnceMore clients, Fleet fleet, RandomGenerator random) {
    for (AgentClient agent : fleet.agents()) {
      clients.add("rotation of " + agent.id(), THINK, () -> rotate(agent));
    }
    for (AgentClient agent : fleet.callers()) {
      for (Kind kind : Kind.values()) {
        clients.add(kind + " call of " + agent.id(), THINK, () -> call(fleet, agent, kind));
        var own = new Random(random.nextLong());
        clients.add(
            kind + " stream of " + agent.id(),
            THINK,
            () -> stream(fleet, agent, kind, Duration.ofMillis(own.nextInt(SHORTEST, LONGEST))));
      }
    }
  }

  private static OnceMore.Told rotate(AgentClient agent) {
    var outcome = agent.rotate();
    if (outcome.recorded().answer() instanceof Rotation.Granted) {
      return new OnceMore.Told.Served();
    }
    var reply = outcome.reply();
    if (reply != null) {
      return OnceMore.unserved(reply);
    }
    return outcome.recorded().answer() instanceof Rotation.NotSpent(var why)
        ? OnceMore.unserved(new Attempt.NotSent(why))
        : OnceMore.unserved(new Attempt.Lost(outcome.recorded().toString()));
  }

  private static OnceMore.Told call(Fleet fleet, AgentClient agent, Kind kind) {
    var attempt = fleet.models().call(agent, kind);
    return attempt instanceof Attempt.Answered(var reply) && reply.status() == 200
        ? new OnceMore.Told.Served()
        : OnceMore.unserved(attempt);
  }

  private static OnceMore.Told stream(Fleet fleet, AgentClient agent, Kind kind, Duration lasts) {
    var reply = fleet.models().stream(agent, kind, lasts);
    var ending = reply.end().completeOnTimeout(NO_END, 30, TimeUnit.SECONDS).join();
    if (ending.whole()) {
      return new OnceMore.Told.Served();
    }
    return reply.pieces() == 0
        ? OnceMore.unserved(ending.attempt())
        : new OnceMore.Told.Failed(
            "cut after %d pieces: %s".formatted(reply.pieces(), ending.attempt()));
  }

  private static void awaitServed(OnceMore clients, long since) {
    await("every client is served")
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(clients.unservedSince(since)).isEmpty());
  }

  /** Told to stop, started anew as the next build, and ready before the next one is touched. */
  private void update(Installation.Node node, NextBuild next) {
    next.replaces(node);
    long stopped = System.nanoTime();
    product.stop(node);
    await(node.name() + " has ended and come back")
        .atMost(Duration.ofSeconds(45))
        .until(() -> product.look().pid(node.name()) != node.pid());
    long ended = System.nanoTime();
    product.awaitAllReady();
    System.out.printf(
        "%s: drained and gone after %d ms, ready as %s %d ms later%n",
        node.name(),
        Duration.ofNanos(ended - stopped).toMillis(),
        next.version(),
        Duration.ofNanos(System.nanoTime() - ended).toMillis());
    assertThat(product.logs())
        .as("it ended in order")
        .contains("%s (process %d) has ended with code 0".formatted(node.name(), node.pid()));
  }
}
