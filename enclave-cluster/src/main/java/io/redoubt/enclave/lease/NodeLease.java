package io.redoubt.enclave.lease;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.lease.Lease;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's lease: a moment of the monotonic clock until which it holds. Nothing has to happen
 * for it to end, so it ends also while the process stands still.
 */
public final class NodeLease implements Lease {
  private static final Logger LOG = LoggerFactory.getLogger(NodeLease.class);

  private final long limit;
  private final BooleanSupplier fit;
  private final LongSupplier nanos;
  private final Runnable whenLost;
  private final Counter lost;
  private final CompletableFuture<Void> first = new CompletableFuture<>();
  private volatile long until;

  /** Given, and not yet noticed to be over. */
  private boolean standing;

  /**
   * Not held at first.
   *
   * @param fit whether the node is fit to act, whoever is heard
   * @param whenLost cuts what is under way; has run before there is a new lease
   */
  public NodeLease(
      Duration limit,
      BooleanSupplier fit,
      LongSupplier nanos,
      Runnable whenLost,
      MeterRegistry metrics) {
    this.limit = limit.toNanos();
    this.fit = fit;
    this.nanos = nanos;
    this.whenLost = whenLost;
    this.until = nanos.getAsLong();
    this.lost =
        Counter.builder("redoubt.lease.lost")
            .description("times that this node had to stop, mostly since it heard from no majority")
            .register(metrics);
    Gauge.builder("redoubt.lease.held", this, it -> it.held() ? 1 : 0)
        .description("1 while this node may act")
        .register(metrics);
  }

  @Override
  public boolean held() {
    return nanos.getAsLong() - until < 0 && fit.getAsBoolean();
  }

  /**
   * A majority has answered, and what they know is applied here.
   *
   * @param asked when the earliest of their answers was asked for: the lease counts from there, for
   *     the question may have waited
   */
  synchronized void renewed(long asked) {
    lookAgain();
    long next = asked + limit;
    if (next - until > 0) {
      until = next;
    }
    if (!standing && held()) {
      standing = true;
      if (!first.complete(null)) {
        LOG.info("This node has its lease again, and goes on");
      }
    }
  }

  /** Notices that it is over, if it is. */
  synchronized void lookAgain() {
    if (standing && !held()) {
      standing = false;
      lost.increment();
      whenLost.run();
    }
  }

  /** Completes when the node has had it for the first time. */
  public CompletionStage<Void> first() {
    return first.minimalCompletionStage();
  }
}
