package io.redoubt.multinode.fault;

import static org.awaitility.Awaitility.await;

import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Rotation;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.AgentClient.Successors;
import io.redoubt.multinode.product.AtOnce;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.TokenEndpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Agents that rotate as fast as they are answered, each its own family. */
final class Chains {
  private final List<AgentClient> agents;
  private final History history;
  private final List<Thread> running = new ArrayList<>();
  private volatile boolean stopping;

  private Chains(List<AgentClient> agents, History history) {
    this.agents = agents;
    this.history = history;
  }

  /** So many agents, every other one making its successors itself. */
  static Chains boot(Product product, Operator operator, History history, int count) {
    var agents =
        AgentClient.bootAll(
            product,
            new TokenEndpoint(product, history),
            count,
            () -> operator.createAgent("chain"),
            i -> i % 2 == 0 ? Successors.BY_ENCLAVE : Successors.BY_CLIENT);
    return new Chains(agents, history);
  }

  List<AgentClient> agents() {
    return agents;
  }

  /** Each goes on until it is stopped or does not know what became of its rotation. */
  Chains run() {
    stopping = false;
    for (AgentClient agent : agents) {
      running.add(Thread.ofVirtual().start(() -> chain(agent)));
    }
    return this;
  }

  private void chain(AgentClient agent) {
    while (!stopping && !agent.over()) {
      if (agent.rotate().recorded().uncertain()) {
        return;
      }
    }
  }

  /** Waits until that many rotations more have been granted. */
  Chains awaitGrants(int more) {
    long wanted = history.grants() + more;
    await(more + " rotations")
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(1))
        .until(() -> history.grants() >= wanted);
    return this;
  }

  /** Ends all; a rotation under way is waited for. */
  void stop() {
    stopping = true;
    for (Thread thread : running) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    running.clear();
  }

  /**
   * Each agent asks until it gets a certain answer: repeats what was lost, or presents the token
   * that it holds.
   */
  void resolve() {
    AtOnce.each(
        agents.stream().filter(Predicate.not(AgentClient::over)).toList(),
        agent ->
            await("a certain answer for " + agent.id())
                .pollDelay(Duration.ZERO)
                .atMost(Duration.ofSeconds(15))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                  var answer = agent.rotate().recorded().answer();
                  return switch (answer) {
                    case Rotation.Maybe _, Rotation.NotSpent _ -> false;
                    case Rotation.Granted _, Rotation.Replayed _, Rotation.Refused _ -> true;
                  };
                }));
  }
}
