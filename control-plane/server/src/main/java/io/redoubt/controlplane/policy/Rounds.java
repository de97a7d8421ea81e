package io.redoubt.controlplane.policy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Rounds of some work in this process, one after the other. One that is asked for while another is
 * under way begins after it, and whoever asks before it has begun shares it: so all that was there
 * when it was asked for is seen to, and no more than one ever waits.
 */
final class Rounds {
  private final Supplier<CompletionStage<Void>> round;

  /** The one that was asked for last. */
  private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);

  private boolean waits;

  Rounds(Supplier<CompletionStage<Void>> round) {
    this.round = round;
  }

  /** One that begins from now on. */
  synchronized CompletionStage<Void> next() {
    if (!waits) {
      waits = true;
      // What comes of the one before is no matter of this one.
      last = last.handle((_, _) -> true).thenCompose(_ -> begun());
    }
    return last;
  }

  private CompletionStage<Void> begun() {
    synchronized (this) {
      waits = false;
    }
    return round.get();
  }
}
