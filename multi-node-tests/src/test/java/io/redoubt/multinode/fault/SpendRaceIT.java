package io.redoubt.multinode.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.multinode.check.OneSuccessor;
import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Rotation;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.AgentClient.Successors;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Seed;
import io.redoubt.multinode.product.SharedProduct;
import io.redoubt.multinode.product.TokenEndpoint;
import io.redoubt.multinode.product.TokenText;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** G1 and G2 under the race that a thief and an owner run: one token, spent at the same instant. */
@ExtendWith(SharedProduct.class)
final class SpendRaceIT {
  private static final int TRIALS = 300;
  private static final int LANES = 6;
  private static final int MOST_USES = 8;

  private final History history = new History();

  /** What the racers bring along. */
  private enum Race {
    WITHOUT_COMMITMENT,
    WITH_THE_SAME_COMMITMENT,
    WITH_DIFFERENT_COMMITMENTS,
    MIXED
  }

  @Test
  void aTokenSpentAtTheSameInstantHasOneSuccessor(Product product) throws Exception {
    var random = Seed.random("spend race");
    var operator = Operator.of(product);
    var endpoint = new TokenEndpoint(product, history);
    var races = Stream.generate(() -> race(random)).limit(TRIALS).toList();

    try (var lanes = Executors.newFixedThreadPool(LANES);
        var racers = Executors.newVirtualThreadPerTaskExecutor()) {
      var running = new ArrayList<Future<?>>();
      for (int lane = 0; lane < LANES; lane++) {
        var agent = operator.createAgent("race");
        var mine =
            IntStream.iterate(lane, i -> i < TRIALS, i -> i + LANES).mapToObj(races::get).toList();
        running.add(lanes.submit(() -> runLane(product, operator, endpoint, agent, mine, racers)));
      }
      for (Future<?> one : running) {
        one.get();
      }
    }

    System.out.println(history);
    assertThat(history.rotationsByFamily()).hasSize(TRIALS);
    assertThat(history.maybes()).as("uncertain answers").isZero();
    assertThat(OneSuccessor.violations(history)).as("G1, G2").isEmpty();
    assertThat(history.badAnswers()).as("form of refusals").isEmpty();
    assertThat(winnersPerFamily()).as("successes in each family").allMatch(n -> n >= 1);
  }

  private record Trial(Race race, int uses) {}

  private static Trial race(RandomGenerator random) {
    var kinds = Race.values();
    return new Trial(kinds[random.nextInt(kinds.length)], random.nextInt(2, MOST_USES + 1));
  }

  private void runLane(
      Product product,
      Operator operator,
      TokenEndpoint endpoint,
      Operator.NewAgent agent,
      List<Trial> trials,
      ExecutorService racers) {
    var offered = agent;
    for (Trial trial : trials) {
      var client = AgentClient.boot(product, endpoint, offered, Successors.BY_ENCLAVE);
      run(endpoint, client.refreshToken(), trial, racers);
      offered = operator.offerAgain(agent.id());
    }
  }

  private static void run(
      TokenEndpoint endpoint, String token, Trial trial, ExecutorService racers) {
    String shared = TokenText.successorOf(token);
    var line = new CyclicBarrier(trial.uses());
    var finished =
        IntStream.range(0, trial.uses())
            .mapToObj(racer -> commitment(trial.race(), racer, token, shared))
            .map(commitment ->
                racers.submit(() -> {
                  line.await();
                  return endpoint.rotate(token, commitment);
                }))
            .toList();
    for (var one : finished) {
      try {
        one.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (ExecutionException e) {
        throw new IllegalStateException("a racer fell", e);
      }
    }
  }

  private static @Nullable String commitment(Race race, int racer, String token, String shared) {
    return switch (race) {
      case WITHOUT_COMMITMENT -> null;
      case WITH_THE_SAME_COMMITMENT -> shared;
      case WITH_DIFFERENT_COMMITMENTS -> TokenText.successorOf(token);
      case MIXED -> racer % 2 == 0 ? shared : null;
    };
  }

  private List<Long> winnersPerFamily() {
    return history.rotationsByFamily().values().stream()
        .map(family ->
            family.stream()
                .filter(rotation -> rotation.answer() instanceof Rotation.Granted)
                .count())
        .toList();
  }
}
