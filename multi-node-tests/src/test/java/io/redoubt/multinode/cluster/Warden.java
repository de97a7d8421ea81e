package io.redoubt.multinode.cluster;

import static org.awaitility.Awaitility.await;

import io.redoubt.multinode.history.Isolation;
import io.redoubt.multinode.history.Timed;
import io.redoubt.multinode.product.AgentClient;
import io.redoubt.multinode.product.Attempt;
import io.redoubt.multinode.product.BreakGlass;
import io.redoubt.multinode.product.Installation;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Reply;
import io.redoubt.multinode.product.Upstream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.StreamSupport;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Isolates agents and releases them, again and again, whatever else happens; where the control
 * plane does not get it done, at a node of the enclave itself. What was acknowledged is recorded
 * for the checker of G3; what was not is neither asserted nor denied.
 */
final class Warden implements AutoCloseable {
  private final Operator operator;
  private final BreakGlass glass;
  private final Supplier<Installation.Node> nodes;
  private final Fleet prisoners;
  private final RandomGenerator random;
  private final Thread thread;
  private final AtomicInteger acknowledged = new AtomicInteger();
  private final AtomicInteger byGlass = new AtomicInteger();
  private final AtomicInteger pending = new AtomicInteger();
  private final AtomicInteger unconfirmed = new AtomicInteger();
  private volatile boolean stopped;

  private Warden(
      Operator operator,
      BreakGlass glass,
      Supplier<Installation.Node> nodes,
      Fleet prisoners,
      RandomGenerator random) {
    this.operator = operator;
    this.glass = glass;
    this.nodes = nodes;
    this.prisoners = prisoners;
    this.random = random;
    this.thread = Thread.ofVirtual().start(this::run);
  }

  /**
   * Begins, with the callers of the fleet as prisoners.
   *
   * @param nodes whose glass is broken, in turn
   */
  static Warden of(
      Operator operator,
      BreakGlass glass,
      Supplier<Installation.Node> nodes,
      Fleet prisoners,
      RandomGenerator random) {
    return new Warden(operator, glass, nodes, prisoners, random);
  }

  private void run() {
    while (!stopped) {
      for (AgentClient prisoner : prisoners.callers()) {
        if (!stopped) {
          prisoners.models().stream(prisoner, Upstream.Kind.ANTHROPIC);
          pause(100, 800);
          release(prisoner, isolate(prisoner));
        }
      }
    }
  }

  /** Whether the glass was broken for it, so that only the enclave knows of the isolation yet. */
  private boolean isolate(AgentClient prisoner) {
    long started = System.nanoTime();
    Optional<Reply> reply = ask(prisoner, "isolate").filter(it -> it.status() == 200);
    boolean away = reply.isEmpty();
    if (away) {
      pending.incrementAndGet();
      reply = answered(glass.at(nodes.get()).attemptToIsolate(prisoner.id()));
      if (reply.isEmpty()) {
        return true; // It may have come to pass all the same.
      }
      byGlass.incrementAndGet();
    }
    long ended = System.nanoTime();
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
    return away;
  }

  private static Optional<Reply> answered(Attempt attempt) {
    return attempt instanceof Attempt.Answered(var reply) && reply.status() == 200
        ? Optional.of(reply)
        : Optional.empty();
  }

  private void release(AgentClient prisoner, boolean glassBroken) {
    while (glassBroken
        && !stopped
        && answered(glass.at(nodes.get()).attemptToRelease(prisoner.id())).isEmpty()) {
      pause(100, 300);
    }
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

  /** One isolation, however often it takes to hear of it: the link may be down just now. */
  private boolean isIsolatedForGood(AgentClient prisoner) {
    try {
      String path = "/api/v1/agents/" + prisoner.id() + "/isolate";
      return operator.repeat("POST", path, Operator.reason(), "for-good-" + prisoner.id()).status()
          == 200;
    } catch (ConditionTimeoutException _) {
      return false;
    }
  }

  private void pause(int shortest, int longest) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(shortest, longest)));
  }

  /** In numbers. */
  String summary() {
    return "%d acknowledged, %d by some nodes, %d not at once (of these %d by break-glass)"
        .formatted(acknowledged.get(), unconfirmed.get(), pending.get(), byGlass.get());
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
          .until(() -> isIsolatedForGood(prisoner));
      prisoners
          .history()
          .add(new Isolation(prisoner.id(), started, System.nanoTime(), Timed.NEVER));
    }
  }
}
