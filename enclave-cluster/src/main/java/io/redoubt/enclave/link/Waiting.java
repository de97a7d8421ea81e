package io.redoubt.enclave.link;

import io.redoubt.protocol.problem.TemporarilyUnavailable;
import io.redoubt.singleton.SupersededException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** How the link's own threads wait for what completes elsewhere: with an end to it (G11). */
final class Waiting {
  private static final long LIMIT_SECONDS = 30;

  private Waiting() {}

  /**
   * The value.
   *
   * @throws SupersededException where what makes it failed for that, however deep down
   * @throws TimeoutException where it did not come, or what makes it said so
   * @throws RuntimeException whatever else it failed with
   */
  static <T> T on(CompletionStage<T> stage) throws InterruptedException, TimeoutException {
    try {
      return stage.toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (SupersededException.isBehind(cause)) {
        throw new SupersededException("another node has taken over");
      }
      if (cause instanceof TimeoutException timeout) {
        throw timeout;
      }
      if (cause instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(cause);
    }
  }

  /** Whether the failure says that the same may go well later. */
  static boolean passesByItself(@Nullable Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof TemporarilyUnavailable || t instanceof TimeoutException) {
        return true;
      }
    }
    return false;
  }
}
