package io.redoubt.multinode.cluster;

import static org.awaitility.Awaitility.await;

import io.redoubt.multinode.history.Isolation;
import io.redoubt.multinode.history.Timed;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Reply;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.stream.StreamSupport;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Isolates agents and releases them, again and again, whatever else happens. What was acknowledged
 * is recorded for the checker of G3; what was not is neither asserted nor denied.
 */
final class Warden implements AutoCloseable {
  private final Operator operator;
  private final Fleet prisoners;
  private final RandomGenerator random;
  private final Thread thread;
  private final AtomicInteger acknowledged = new AtomicInteger();
  private final AtomicInteger pending = new AtomicInteger();
  private final AtomicInteger unconfirmed = new AtomicInteger();
  private volatile boolean stopped;

  private Warden(Operator operator, Fleet prisoners, RandomGenerator random) {
    this.operator = operator;
    this.prisoners = prisoners;
    this.random = random;
    this.thread = Thread.ofVirtual().start(this::run);
  }

  /** Begins, with the callers of the fleet as prisoners. */
  static Warden of(Operator operator, Fleet prisoners, RandomGenerator random) {
    return new Warden(operator, prisoners, random);
  }

  private void run() {
    while (!stopped) {
      for (AgentClient prisoner : prisoners.callers()) {
        if (!stopped) {
          prisoners.models().stream(prisoner, Upstream.Kind.ANTHROPIC);
          pause(100, 800);
          isolate(prisoner);
          release(prisoner);
        }
      }
    }
  }

  private void isolate(AgentClient prisoner) {
    long started = System.nanoTime();
    Optional<Reply> reply = ask(prisoner, "isolate");
    long ended = System.nanoTime();
    if (reply.filter(it -> it.status() == 200).isEmpty()) {
      pending.incrementAndGet();
      return;
    }
    boolean everywhere =
        StreamSupport.stream(reply.get().json().required("nodes").spliterator(), false)
            .noneMatch(node -> node.required("how").asText().equals("unconfirmed"));
    pause(200, 1_000);
    if (everywhere) {
      acknowledged.incrementAndGet();
      prisoners.history().add(new Isolation(prisoner.id(), started, ended, System.nanoTime()));
    } else {
      unconfirmed.incrementAndGet();
    }
  }

  private void release(AgentClient prisoner) {
    while (!stopped && ask(prisoner, "release").filter(it -> it.status() < 300).isEmpty()) {
      pause(100, 300);
    }
  }

  /** Empty: not answered in time. */
  private Optional<Reply> ask(AgentClient prisoner, String what) {
    try {
      return Optional.of(
          operator.send("POST", "/api/v1/agents/" + prisoner.id() + "/" + what, Operator.reason()));
    } catch (ConditionTimeoutException _) {
      return Optional.empty();
    }
  }

  private void pause(int shortest, int longest) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(shortest, longest)));
  }

  /** In numbers. */
  String summary() {
    return "%d acknowledged, %d by some nodes, %d not"
        .formatted(acknowledged.get(), unconfirmed.get(), pending.get());
  }

  /** Isolates every prisoner for good, which ends the streams that are still open. */
  @Override
  public void close() {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    for (AgentClient prisoner : prisoners.callers()) {
      long started = System.nanoTime();
      await("isolated for good")
          .atMost(Duration.ofSeconds(60))
          .until(() -> ask(prisoner, "isolate").filter(it -> it.status() == 200).isPresent());
      prisoners
          .history()
          .add(new Isolation(prisoner.id(), started, System.nanoTime(), Timed.NEVER));
    }
  }
}
