package io.redoubt.enclave.lease;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after the lease from a thread of its own, so that what is under way is cut soon after it is
 * over, also where nothing asks and every other thread is busy.
 */
public final class LeaseWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseWatch.class);
  private static final Duration EVERY = Duration.ofMillis(25);

  private final Thread thread;

  private LeaseWatch(Thread thread) {
    this.thread = thread;
  }

  public static LeaseWatch start(NodeLease lease) {
    return new LeaseWatch(
        Thread.ofPlatform().daemon().name("lease-watch").start(() -> watch(lease)));
  }

  private static void watch(NodeLease lease) {
    try {
      while (true) {
        Thread.sleep(EVERY);
        look(lease);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static void look(NodeLease lease) {
    try {
      lease.lookAgain();
    } catch (RuntimeException e) {
      LOG.error("The lease is over, and not everything could be cut at once", e);
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
