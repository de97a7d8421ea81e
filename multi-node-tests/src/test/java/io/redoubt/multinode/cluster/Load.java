package io.redoubt.multinode.cluster;

import io.redoubt.multinode.history.Rotation;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.Attempt;
import io.redoubt.multinode.product.ModelClient;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Agents that rotate and call models for as long as it runs. After anything but success they wait a
 * little longer each time and try again, as clients do.
 */
final class Load implements AutoCloseable {
  private static final long THINK_MILLIS = 20;
  private static final long RELAXED_MILLIS = 200;
  private static final long MOST_MILLIS = 1_000;
  private static final int REMEMBERED = 8;

  /** For so long an answer that was lost is given once more (G2); then a repeat is a replay. */
  private static final Duration REPEATED_FOR = Duration.ofSeconds(60);

  private final List<AgentClient> agents;
  private final List<AgentClient> callers;
  private final List<Thread> threads = new ArrayList<>();
  private final Map<String, Long> rotatedAt = new ConcurrentHashMap<>();
  private final Map<String, Long> overAt = new ConcurrentHashMap<>();
  private final Map<String, Long> servedAt = new ConcurrentHashMap<>();
  private final Map<String, Deque<String>> heard = new ConcurrentHashMap<>();
  private final Map<String, Deque<String>> called = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Duration> waits = new ConcurrentLinkedQueue<>();
  private volatile long think = THINK_MILLIS;
  private volatile boolean stopped;

  private Load(List<AgentClient> agents, List<AgentClient> callers) {
    this.agents = agents;
    this.callers = callers;
  }

  /** One thread for each agent, and one more for the calls of those that call models. */
  static Load run(List<AgentClient> agents, List<AgentClient> callers, ModelClient models) {
    var load = new Load(agents, callers);
    agents.forEach(agent -> load.start(() -> load.rotate(agent)));
    callers.forEach(agent -> load.start(() -> load.call(agent, models)));
    return load;
  }

  private void start(Runnable work) {
    threads.add(Thread.ofVirtual().start(work));
  }

  private void rotate(AgentClient agent) {
    repeat(
        agent.id(),
        rotatedAt,
        () -> {
          var answer = agent.rotate().recorded().answer();
          hear(heard, agent, answer);
          if (agent.over()) {
            overAt.put(agent.id(), System.nanoTime());
          }
          return answer instanceof Rotation.Granted;
        },
        agent::over);
  }

  private void call(AgentClient agent, ModelClient models) {
    repeat(
        agent.id(),
        servedAt,
        () -> {
          var attempt = models.call(agent, Upstream.Kind.ANTHROPIC);
          hear(called, agent, attempt);
          return attempt instanceof Attempt.Answered(var reply) && reply.status() == 200;
        },
        () -> false);
  }

  /** The last few answers of each, for whoever has to find out why one is not served. */
  private static void hear(Map<String, Deque<String>> heard, AgentClient agent, Object answer) {
    var last = heard.computeIfAbsent(agent.id(), _ -> new ConcurrentLinkedDeque<>());
    String text = answer.toString();
    last.addLast(text.substring(0, Math.min(text.length(), 200)));
    if (last.size() > REMEMBERED) {
      last.removeFirst();
    }
  }

  private void repeat(
      String agent, Map<String, Long> doneAt, BooleanSupplier attempt, BooleanSupplier over) {
    long pause = think;
    long wantedSince = System.nanoTime();
    while (!stopped && !over.getAsBoolean()) {
      long started = System.nanoTime();
      boolean good = attempt.getAsBoolean();
      if (good) {
        doneAt.put(agent, started);
        waits.add(Duration.ofNanos(System.nanoTime() - wantedSince));
      }
      pause = good ? think : Math.min(MOST_MILLIS, pause * 2);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pause));
      if (good) {
        wantedSince = System.nanoTime();
      }
    }
  }

  /** From now on there is time between two wishes, and room beside them for a node that starts. */
  void relax() {
    think = RELAXED_MILLIS;
  }

  /** Whether every agent was granted, and every caller served, what it asked for after that. */
  boolean allServedSince(long moment) {
    return unservedSince(moment).isEmpty();
  }

  /**
   * Who was not, and what it was told last. Whoever was answered by nobody for longer than answers
   * are repeated may have come too late, and waits for nothing any more.
   */
  List<String> unservedSince(long moment) {
    var unserved = new ArrayList<String>();
    agents.stream()
        .filter(agent -> rotatedAt.getOrDefault(agent.id(), 0L) <= moment && !isTooLate(agent))
        .forEach(agent ->
            unserved.add(
                "%s is granted no rotation%s: %s"
                    .formatted(
                        agent.id(), agent.over() ? " any more" : "", heard.get(agent.id()))));
    callers.stream()
        .filter(agent -> servedAt.getOrDefault(agent.id(), 0L) <= moment && !isTooLate(agent))
        .forEach(agent ->
            unserved.add("%s is served no call: %s".formatted(agent.id(), called.get(agent.id()))));
    return unserved;
  }

  private boolean isTooLate(AgentClient agent) {
    Long granted = rotatedAt.get(agent.id());
    Long over = overAt.get(agent.id());
    return granted != null && over != null && over - granted > REPEATED_FOR.toNanos();
  }

  /** How long each wish took until it was granted, with all that was tried in vain before. */
  List<Duration> waits() {
    return List.copyOf(waits);
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
