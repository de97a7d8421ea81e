package io.redoubt.multinode.cluster;

import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Rotation;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.AgentClient.Successors;
import io.redoubt.multinode.product.Installation;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.TokenEndpoint;
import io.redoubt.multinode.product.TokenText;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Families whose token is spent by several at the same instant, at different nodes and for
 * different successors, at some time while things break: the double spend that G1 rules out.
 */
final class Thieves implements AutoCloseable {
  private static final int AT_ONCE = 3;
  private static final int TRIES = 4;

  private final History history;
  private final TokenEndpoint endpoint;
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopped;

  private Thieves(TokenEndpoint endpoint, History history) {
    this.endpoint = endpoint;
    this.history = history;
  }

  /**
   * Begins.
   *
   * @param within how long the families live at most, in milliseconds
   */
  static Thieves of(
      Product product,
      Operator operator,
      Supplier<Installation.Node> nodes,
      int families,
      int within,
      RandomGenerator random) {
    var history = new History();
    var thieves = new Thieves(new TokenEndpoint(product, history, nodes), history);
    AgentClient.bootAll(
            product,
            thieves.endpoint,
            families,
            () -> operator.createAgent("robbed"),
            _ -> Successors.BY_CLIENT)
        .forEach(agent -> thieves.rob(agent, random.nextInt(within)));
    return thieves;
  }

  private void rob(AgentClient agent, int afterMillis) {
    long when = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(afterMillis);
    threads.add(
        Thread.ofVirtual()
            .start(() -> {
              while (!stopped && !agent.over() && System.nanoTime() < when) {
                agent.rotate();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
              }
              String token = agent.refreshToken();
              IntStream.range(0, AT_ONCE)
                  .mapToObj(_ -> Thread.ofVirtual().start(() -> spend(token)))
                  .toList()
                  .forEach(Thieves::join);
            }));
  }

  private void spend(String token) {
    String own = TokenText.successorOf(token);
    for (int i = 0; i < TRIES; i++) {
      var answer = endpoint.rotate(token, own).recorded().answer();
      if (!(answer instanceof Rotation.Maybe)) {
        return;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500L << i));
    }
  }

  History history() {
    return history;
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    stopped = true;
    threads.forEach(Thieves::join);
  }
}
