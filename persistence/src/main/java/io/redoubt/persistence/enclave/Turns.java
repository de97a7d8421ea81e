package io.redoubt.persistence.enclave;

import io.redoubt.persistence.postgres.DatabaseUnavailableException;
import io.redoubt.protocol.id.OrganizationId;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets the callers of one organization work one after the other, before they take a connection:
 * those who wait for a lock in the database hold one each, and would soon hold all.
 */
final class Turns {
  private final int most;
  private final ConcurrentMap<OrganizationId, Line> lines = new ConcurrentHashMap<>();

  /**
   * Nobody waits yet.
   *
   * @param most that may wait in one organization; what comes on top fails at once (G11)
   */
  Turns(int most) {
    this.most = most;
  }

  private record Line(ReentrantLock lock, int length) {}

  /** Runs the work when it is its turn, on the caller's thread, which may wait for it. */
  <T> T taking(OrganizationId organization, Supplier<T> work) {
    var line = lines.compute(organization, (_, before) -> longer(before));
    line.lock.lock();
    try {
      return work.get();
    } finally {
      line.lock.unlock();
      lines.computeIfPresent(
          organization, (_, now) -> now.length == 1 ? null : new Line(now.lock, now.length - 1));
    }
  }

  private Line longer(@Nullable Line before) {
    if (before == null) {
      return new Line(new ReentrantLock(true), 1);
    }
    if (before.length > most) {
      throw new DatabaseUnavailableException("too many of one organization wait for their turn");
    }
    return new Line(before.lock, before.length + 1);
  }
}
