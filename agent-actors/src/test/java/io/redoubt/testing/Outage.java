package io.redoubt.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** What a database does to a port: answer, fail, or let it wait. Every fake has one. */
public final class Outage {
  private final List<Runnable> held = new ArrayList<>();
  private int failures;
  private boolean down;
  private boolean blocked;

  /** The next calls fail, so many of them. */
  public synchronized void failNext(int calls) {
    failures = calls;
  }

  /** Every call fails until {@link #end}. */
  public synchronized void begin() {
    down = true;
  }

  /** Calls wait until {@link #end}, and are carried out then. */
  public synchronized void block() {
    blocked = true;
  }

  /** Everything works again; what was held is carried out in its order. */
  public void end() {
    List<Runnable> released;
    synchronized (this) {
      down = false;
      blocked = false;
      failures = 0;
      released = List.copyOf(held);
      held.clear();
    }
    released.forEach(Runnable::run);
  }

  /** How many calls wait. */
  public synchronized int waiting() {
    return held.size();
  }

  <T> CompletionStage<T> attempt(Supplier<T> work) {
    synchronized (this) {
      if (down || failures > 0) {
        failures = Math.max(0, failures - 1);
        return CompletableFuture.failedFuture(new IllegalStateException("database unavailable"));
      }
      if (blocked) {
        var later = new CompletableFuture<T>();
        held.add(() -> complete(later, work));
        return later;
      }
    }
    var now = new CompletableFuture<T>();
    complete(now, work);
    return now;
  }

  CompletionStage<Void> run(Runnable work) {
    return attempt(
            () -> {
              work.run();
              return work;
            })
        .thenAccept(_ -> {});
  }

  private static <T> void complete(CompletableFuture<T> result, Supplier<T> work) {
    try {
      result.complete(work.get());
    } catch (RuntimeException e) {
      result.completeExceptionally(e);
    }
  }
}
