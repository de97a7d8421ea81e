package io.redoubt.proxy.decide;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;

/**
 * Ends what takes too long, for what every call does: Java's own way to do that wakes a thread to
 * begin each and once more to forget it, this one writes it down for the next tick.
 */
public final class Deadlines {
  private final ActorSystem<?> system;

  public Deadlines(ActorSystem<?> system) {
    this.system = system;
  }

  /** The same future, which fails with a {@link TimeoutException} where the limit comes first. */
  public <T> CompletableFuture<T> within(Duration limit, CompletableFuture<T> future) {
    if (future.isDone()) {
      return future;
    }
    try {
      var end =
          system
              .scheduler()
              .scheduleOnce(
                  limit,
                  () -> future.completeExceptionally(new TimeoutException("not within " + limit)),
                  system.executionContext());
      var _ = future.whenComplete((_, _) -> end.cancel());
      return future;
    } catch (IllegalStateException _) {
      // The system has ended, and its clock with it; what is under way still comes to an end.
      return future.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS);
    }
  }
}
