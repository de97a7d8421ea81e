package io.redoubt.controlplane.policy;

import io.redoubt.policy.PolicyProblem;
import io.redoubt.policy.PolicyProblems;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where texts are made ready: it keeps a processor busy for up to seconds, so few are at it at once
 * (G11), away from the database and from other requests. What takes too long is not accepted: every
 * node would have to do it once more. Nothing can end it, since it is native code, so it keeps its
 * place for as long as it takes.
 */
final class Workbench {
  private static final Logger LOG = LoggerFactory.getLogger(Workbench.class);
  private static final int RETRY_SECONDS = 5;

  private final PoliciesConfig config;
  private final Semaphore places;

  Workbench(PoliciesConfig config) {
    this.config = config;
    this.places = new Semaphore(config.checksAtOnce(), true);
  }

  /**
   * Does the work on what is given; fails with 503 where others are at it for too long.
   *
   * @param tooLong what comes of it where it takes too long itself
   */
  <T, R> CompletionStage<R> work(
      CompletionStage<T> given, Function<T, R> work, BiFunction<T, PolicyProblems, R> tooLong) {
    return given.thenCompose(it ->
        CompletableFuture.supplyAsync(
            () -> inTurn(() -> work.apply(it), () -> tooLong.apply(it, slow())),
            Thread::startVirtualThread));
  }

  private <R> R inTurn(Supplier<R> work, Supplier<R> tooLong) {
    try {
      if (!places.tryAcquire(config.checkWait().toMillis(), TimeUnit.MILLISECONDS)) {
        throw ProblemException.retryAfter(
            ErrorType.UNAVAILABLE, "Other policies are being checked; try again.", RETRY_SECONDS);
      }
      var task =
          new FutureTask<R>(() -> {
            try {
              return work.get();
            } finally {
              places.release();
            }
          });
      Thread.ofVirtual().name("policy-check").start(task);
      return task.get(config.checkLimit().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException _) {
      LOG.warn("Policies that take longer than {} to be checked are refused", config.checkLimit());
      return tooLong.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException known
          ? known
          : new IllegalStateException("policies could not be checked", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while policies were checked", e);
    }
  }

  private PolicyProblems slow() {
    return new PolicyProblems(
        List.of(
            new PolicyProblem(
                PolicyProblem.ALL,
                1,
                1,
                "take longer than %d s to be checked; have fewer, or simpler ones"
                    .formatted(Math.max(1, config.checkLimit().toSeconds())))));
  }
}
