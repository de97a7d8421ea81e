package io.redoubt.controlplane.policy;

import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Where texts are made ready: it keeps a processor busy for up to seconds, so few are at it at once
 * (G11), away from the database and from other requests.
 */
final class Workbench {
  private static final int RETRY_SECONDS = 5;

  private final PoliciesConfig config;
  private final Semaphore places;

  Workbench(PoliciesConfig config) {
    this.config = config;
    this.places = new Semaphore(config.checksAtOnce(), true);
  }

  /** Does the work on what is given; fails with 503 where others are at it for too long. */
  <T, R> CompletionStage<R> work(CompletionStage<T> given, Function<T, R> work) {
    return given.thenCompose(it ->
        CompletableFuture.supplyAsync(
            () -> inTurn(() -> work.apply(it)), Thread::startVirtualThread));
  }

  private <R> R inTurn(Supplier<R> work) {
    try {
      if (!places.tryAcquire(config.checkWait().toMillis(), TimeUnit.MILLISECONDS)) {
        throw ProblemException.retryAfter(
            ErrorType.UNAVAILABLE, "Other policies are being checked; try again.", RETRY_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while others check policies", e);
    }
    try {
      return work.get();
    } finally {
      places.release();
    }
  }
}
