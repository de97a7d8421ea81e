package io.redoubt.multinode.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.multinode.check.BackfilledOnce;
import io.redoubt.multinode.check.KillHolds;
import io.redoubt.multinode.check.OneSuccessor;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.ModelCall;
import io.redoubt.multinode.product.BreakGlass;
import io.redoubt.multinode.product.ControlDatabase;
import io.redoubt.multinode.product.Installation;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Seed;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/** One mishap under load, with everybody at work, and what came of it. */
final class Round {
  private static final int AGENTS = 10;
  private static final int CALLERS = 4;
  private static final int PRISONERS = 2;
  private static final int ROBBED = 6;
  private static final Duration SERVED_AGAIN = Duration.ofSeconds(60);

  private final Trio trio;
  private final Product product;

  Round(Trio trio) {
    this.trio = trio;
    this.product = trio.product();
  }

  /**
   * What came of a round.
   *
   * @param lasted from the beginning of the mishap to its end
   * @param recovered from its end until every node was ready and everybody served
   * @param waits how long each wish took until it was granted
   * @param violations empty: all that must hold held
   */
  record Result(
      Mishap mishap,
      String victim,
      Duration lasted,
      Duration recovered,
      long granted,
      long maybe,
      long permitted,
      long refused,
      String isolations,
      List<Duration> waits,
      List<String> violations) {

    /** How many wishes were granted within that time, of a hundred. */
    double percentWithin(Duration limit) {
      long within = waits.stream().filter(wait -> wait.compareTo(limit) <= 0).count();
      return waits.isEmpty() ? 0 : 100.0 * within / waits.size();
    }

    Duration longestWait() {
      return waits.stream().max(Duration::compareTo).orElse(Duration.ZERO);
    }
  }

  /**
   * Who draws from what: each actor for itself, since they run beside each other, and how often one
   * of them draws is a matter of time. So the schedule is the same for the same seed.
   */
  private record Draws(RandomGenerator schedule, RandomGenerator thieves, RandomGenerator warden) {
    static Draws of(String round) {
      return new Draws(
          Seed.random(round),
          Seed.random(round + ", its thieves"),
          Seed.random(round + ", its warden"));
    }
  }

  /**
   * Runs one.
   *
   * @param name by which the seed decides, the same each time
   */
  Result run(Mishap mishap, String name) {
    var draws = Draws.of(name);
    var random = draws.schedule();
    List<Installation.Node> nodes = product.look().nodes();
    int index = random.nextInt(nodes.size());
    var operator = trio.operator();
    var scene =
        new Mishap.Scene(
            product,
            trio.network(),
            trio.redis(),
            operator,
            nodes.get(index),
            nodes.get((index + random.nextInt(1, nodes.size())) % nodes.size()),
            random);
    try (var upstream = Upstream.start(product.clock())) {
      operator.useUpstream(upstream);
      // Nobody tells them which nodes are there: they ask one after the other.
      var fleet = Fleet.boot(product, operator, upstream, new Rota(nodes), AGENTS, CALLERS);
      var prison = Fleet.boot(product, operator, upstream, new Rota(nodes), PRISONERS, PRISONERS);
      var result = run(mishap, scene, draws, upstream, fleet, prison);
      operator.stopUsing(upstream);
      return result;
    }
  }

  private Result run(
      Mishap mishap,
      Mishap.Scene scene,
      Draws draws,
      Upstream upstream,
      Fleet fleet,
      Fleet prison) {
    var operator = scene.operator();
    List<Installation.Node> nodes = product.runtime().nodes();
    Load work;
    History robbed;
    Warden guard;
    Instant began;
    Instant ended;
    long broken;
    long over;
    long recovered;
    try (var _ = prison.run();
        var load = fleet.runAWhile(draws.schedule());
        var thieves =
            Thieves.of(product, operator, new Rota(nodes), ROBBED, 12_000, draws.thieves());
        var warden =
            Warden.of(
                operator,
                BreakGlass.withOperatorToken(product, operator.token()),
                new Rota(nodes),
                prison,
                draws.warden())) {
      began = product.clock().instant();
      broken = System.nanoTime();
      mishap.happen(scene);
      over = System.nanoTime();
      // Where too few are left, it is nodes that start at full load who serve.
      await("everybody is served by whoever is left")
          .atMost(SERVED_AGAIN.multipliedBy(2))
          .untilAsserted(() -> assertThat(load.unservedSince(over)).isEmpty());
      load.relax();
      product.awaitAllReady();
      ended = product.clock().instant();
      await("everybody is served again")
          .atMost(SERVED_AGAIN)
          .untilAsserted(() -> assertThat(load.unservedSince(over)).isEmpty());
      recovered = System.nanoTime();
      long again = recovered;
      await("and goes on being served")
          .atMost(SERVED_AGAIN)
          .untilAsserted(() -> assertThat(load.unservedSince(again)).isEmpty());
      work = load;
      robbed = thieves.history();
      guard = warden;
    }
    var violations = new ArrayList<>(fleet.violations(recovered));
    violations.addAll(OneSuccessor.violations(robbed));
    violations.addAll(robbed.badAnswers());
    violations.addAll(prison.violationsAmongTried(recovered));
    violations.addAll(KillHolds.violations(prison.history(), upstream.sightings()));
    // Where no node may die of it, what became of an act is known in the end.
    List<Instant> excuses = mishap.kills() ? List.of(began, ended) : List.of();
    violations.addAll(fleet.unrecorded(excuses));
    violations.addAll(prison.unrecorded(excuses));
    violations.addAll(
        BackfilledOnce.gaps(
            new ControlDatabase(product).auditNumbers(product.runtime().organization())));
    return new Result(
        mishap,
        scene.victim().name(),
        Duration.ofNanos(over - broken),
        Duration.ofNanos(recovered - over),
        fleet.history().grants() + robbed.grants(),
        fleet.history().maybes() + robbed.maybes(),
        calls(fleet, prison).filter(ModelCall::permitted).count(),
        calls(fleet, prison).filter(call -> !call.permitted()).count(),
        guard.summary(),
        work.waits(),
        violations);
  }

  private static Stream<ModelCall> calls(Fleet... fleets) {
    return Stream.of(fleets).flatMap(fleet -> fleet.history().modelCalls().stream());
  }
}
