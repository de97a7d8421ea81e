package io.redoubt.persistence.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A bounded queue that hands out batches. In quiet times a batch leaves at once; while one is under
 * way, or where the last one shows that many come, what comes gathers for a moment, so that one
 * transaction carries many (group commit). Items that nobody waits for gather longer, and leave
 * with the others where they can.
 */
final class BatchQueue<I, O> {
  /** An item and whoever waits for it. */
  record Waiting<I, O>(
      I item, long weight, boolean urgent, long since, CompletableFuture<O> result) {}

  /** A batch of so many shows that others come before they are asked for. */
  private static final int CROWD = 4;

  private final BatchLimits limits;
  private final long gatherNanos;
  private final long leisureNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Waiting<I, O>> queue = new ArrayDeque<>();
  private long weight;
  private int urgent;
  private int underWay;
  private boolean crowded;
  private boolean closed;

  BatchQueue(BatchLimits limits) {
    this.limits = limits;
    this.gatherNanos = limits.gather().toNanos();
    this.leisureNanos = limits.leisure().toNanos();
  }

  /** Adds an item, or answers false where the queue is full or closed. */
  boolean offer(Waiting<I, O> waiting) {
    lock.lock();
    try {
      if (closed || weight + waiting.weight() > limits.queue()) {
        return false;
      }
      boolean first = queue.isEmpty();
      queue.add(waiting);
      weight += waiting.weight();
      if (waiting.urgent()) {
        urgent++;
      }
      // A writer is woken where there is something new for it to decide, and not for each item.
      if (first || isFull() || (waiting.urgent() && (urgent == 1 || leavesAtOnce()))) {
        changed.signal();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** The next batch; empty when the queue is closed and drained. */
  List<Waiting<I, O>> take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (true) {
        if (queue.isEmpty()) {
          if (closed) {
            return List.of();
          }
          changed.await();
          continue;
        }
        long patience = closed ? 0 : patience(System.nanoTime());
        if (patience <= 0) {
          return drain();
        }
        long _ = changed.awaitNanos(patience);
      }
    } finally {
      lock.unlock();
    }
  }

  /** A batch is done with; every {@link #take} is followed by one of these. */
  void done() {
    lock.lock();
    try {
      underWay--;
      if (!queue.isEmpty()) {
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Everything that waits, which then does so no longer. */
  List<Waiting<I, O>> clear() {
    lock.lock();
    try {
      var all = new ArrayList<>(queue);
      queue.clear();
      weight = 0;
      urgent = 0;
      return all;
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  int size() {
    lock.lock();
    try {
      return queue.size();
    } finally {
      lock.unlock();
    }
  }

  private boolean leavesAtOnce() {
    return underWay == 0 && !crowded;
  }

  private boolean isFull() {
    return queue.size() >= limits.batch() || weight >= limits.batchWeight();
  }

  private long patience(long now) {
    if (isFull() || (urgent > 0 && leavesAtOnce())) {
      return 0;
    }
    // The head is the oldest; where it is not urgent its longer patience bounds the wait as well.
    long oldest = now - queue.getFirst().since();
    return (urgent > 0 ? gatherNanos : leisureNanos) - oldest;
  }

  private List<Waiting<I, O>> drain() {
    var batch = new ArrayList<Waiting<I, O>>(Math.min(queue.size(), limits.batch()));
    long taken = 0;
    while (!queue.isEmpty() && batch.size() < limits.batch()) {
      var next = queue.getFirst();
      if (!batch.isEmpty() && taken + next.weight() > limits.batchWeight()) {
        break;
      }
      queue.removeFirst();
      taken += next.weight();
      weight -= next.weight();
      if (next.urgent()) {
        urgent--;
      }
      batch.add(next);
    }
    crowded = batch.size() >= CROWD;
    underWay++;
    return batch;
  }
}
