package io.redoubt.multinode.cluster;

import io.redoubt.multinode.history.Rotation;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.Upstream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Agents that rotate and call models for as long as it runs. After anything but success they wait a
 * little longer each time and try again, as clients do.
 */
final class Load implements AutoCloseable {
  private static final long THINK_MILLIS = 20;
  private static final long MOST_MILLIS = 1_000;

  private final List<Thread> threads = new ArrayList<>();
  private final Map<String, Long> rotatedAt = new ConcurrentHashMap<>();
  private final Map<String, Long> servedAt = new ConcurrentHashMap<>();
  private volatile boolean stopped;

  /** One thread for each agent, and one more for the calls of those that call models. */
  static Load run(List<AgentClient> agents, List<AgentClient> callers, ModelClient models) {
    var load = new Load();
    agents.forEach(agent -> load.start(() -> load.rotate(agent)));
    callers.forEach(agent -> load.start(() -> load.call(agent, models)));
    return load;
  }

  private void start(Runnable work) {
    threads.add(Thread.ofVirtual().start(work));
  }

  private void rotate(AgentClient agent) {
    long pause = THINK_MILLIS;
    while (!stopped && !agent.over()) {
      long started = System.nanoTime();
      boolean granted = agent.rotate().recorded().answer() instanceof Rotation.Granted;
      if (granted) {
        rotatedAt.put(agent.id(), started);
      }
      pause = pause(granted, pause);
    }
  }

  private void call(AgentClient agent, ModelClient models) {
    long pause = THINK_MILLIS;
    while (!stopped) {
      long started = System.nanoTime();
      boolean served =
          models.call(agent, Upstream.Kind.ANTHROPIC)
                  instanceof io.redoubt.multinode.product.Attempt.Answered(var reply)
              && reply.status() == 200;
      if (served) {
        servedAt.put(agent.id(), started);
      }
      pause = pause(served, pause);
    }
  }

  private static long pause(boolean good, long before) {
    long pause = good ? THINK_MILLIS : Math.min(MOST_MILLIS, before * 2);
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pause));
    return pause;
  }

  /** Whether every agent was granted, and every caller served, what it asked for after that. */
  boolean allServedSince(long moment, List<AgentClient> agents, List<AgentClient> callers) {
    return agents.stream().allMatch(agent -> rotatedAt.getOrDefault(agent.id(), 0L) > moment)
        && callers.stream().allMatch(agent -> servedAt.getOrDefault(agent.id(), 0L) > moment);
  }

  @Override
  public void close() {
    stopped = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
