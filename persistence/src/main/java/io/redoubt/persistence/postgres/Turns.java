package io.redoubt.persistence.postgres;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets callers that would wait for each other in the database work one after the other, before they
 * take a connection: those who wait there hold one each, and would soon hold all.
 *
 * @param <K> what they would wait for
 */
public final class Turns<K> {
  private final int most;
  private final Duration patience;
  private final ConcurrentMap<K, Line> lines = new ConcurrentHashMap<>();

  /**
   * Nobody waits yet.
   *
   * @param most that may wait in one line; what comes on top fails at once (G11)
   * @param patience how long each of them does at most
   */
  public Turns(int most, Duration patience) {
    this.most = most;
    this.patience = patience;
  }

  private record Line(ReentrantLock lock, int length) {}

  /**
   * Runs the work when it is its turn, on the caller's thread, which may wait for it.
   *
   * @throws DatabaseUnavailableException where the line is full, or the turn does not come in time
   */
  public <T> T taking(K of, Supplier<T> work) {
    var line = lines.compute(of, (_, before) -> longer(before));
    try {
      await(line.lock);
      try {
        return work.get();
      } finally {
        line.lock.unlock();
      }
    } finally {
      lines.computeIfPresent(
          of, (_, now) -> now.length == 1 ? null : new Line(now.lock, now.length - 1));
    }
  }

  private Line longer(@Nullable Line before) {
    if (before == null) {
      return new Line(new ReentrantLock(true), 1);
    }
    if (before.length > most) {
      throw new DatabaseUnavailableException("too many wait for their turn");
    }
    return new Line(before.lock, before.length + 1);
  }

  private void await(ReentrantLock lock) {
    try {
      if (!lock.tryLock(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new DatabaseUnavailableException("its turn did not come in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DatabaseUnavailableException("interrupted before its turn", e);
    }
  }
}
