package io.redoubt.enclave.testing;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.enclave.lease.LeaseConfig;
import io.redoubt.enclave.lease.LeaseKeeper;
import io.redoubt.enclave.lease.Ledger;
import io.redoubt.enclave.lease.News;
import io.redoubt.enclave.lease.NodeLease;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/** A node's lease and what belongs to it, with a clock that can be made to jump. */
public final class LeasedNode {
  /** As long as nodes have in earnest. */
  public static final LeaseConfig CONFIG =
      new LeaseConfig(Duration.ofMillis(800), Duration.ofMillis(100));

  /** How often applying fails from now on. */
  public final AtomicInteger failures = new AtomicInteger();

  public final AtomicInteger losses = new AtomicInteger();
  public final List<News> applied = new CopyOnWriteArrayList<>();

  /** Answers nobody's question for a lease. */
  public final Mute grants = new Mute();

  private final AtomicLong jumped = new AtomicLong();
  private volatile CountDownLatch gate = new CountDownLatch(0);
  public final NodeLease lease =
      new NodeLease(
          CONFIG.limit(),
          () -> true,
          this::nanos,
          losses::incrementAndGet,
          new SimpleMeterRegistry());
  public final Ledger ledger = new Ledger(100, this::nanos);

  public long nanos() {
    return System.nanoTime() + jumped.get();
  }

  /** As after a pause: time has passed and nothing was done. */
  public void jump(Duration span) {
    jumped.addAndGet(span.toNanos());
  }

  /** Applying what the others know does not come to an end until the latch is down. */
  public CountDownLatch holdUpNews() {
    var latch = new CountDownLatch(1);
    gate = latch;
    return latch;
  }

  private void apply(News news) {
    if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      throw new IllegalStateException("the test wants it so");
    }
    try {
      if (!gate.await(20, TimeUnit.SECONDS)) {
        throw new AssertionError("the test let go of nothing");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    applied.add(news);
  }

  public void keepLease(ActorContext<Void> context) {
    context.spawn(
        grants.before(LeaseKeeper.create(CONFIG, lease, ledger, this::apply, this::nanos)),
        LeaseKeeper.NAME,
        DispatcherSelector.blocking());
  }
}
