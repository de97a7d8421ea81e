package io.redoubt.controlplane.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class RoundsTest {
  /** Those that have begun. */
  private final List<CompletableFuture<Void>> begun = new ArrayList<>();

  private final Rounds rounds =
      new Rounds(() -> {
        var round = new CompletableFuture<Void>();
        begun.add(round);
        return round;
      });

  @Test
  void oneBeginsWhenTheOneBeforeHasEnded() {
    var first = rounds.next().toCompletableFuture();
    var second = rounds.next().toCompletableFuture();
    assertThat(begun).hasSize(1);

    begun.getFirst().complete(null);

    assertThat(first).isCompleted();
    assertThat(begun).hasSize(2);
    assertThat(second).as("it has not been at what was asked for later").isNotDone();
  }

  @Test
  void noMoreThanOneWaits() {
    var _ = rounds.next();
    var second = rounds.next().toCompletableFuture();
    var third = rounds.next().toCompletableFuture();

    begun.getFirst().complete(null);
    begun.getLast().complete(null);

    assertThat(begun).hasSize(2);
    assertThat(second).isCompleted();
    assertThat(third).isCompleted();
  }

  @Test
  void theNextOneBeginsWhateverBecameOfTheOneBefore() {
    var first = rounds.next().toCompletableFuture();
    var second = rounds.next().toCompletableFuture();

    begun.getFirst().completeExceptionally(new IllegalStateException("no"));
    begun.getLast().complete(null);

    assertThat(first).isCompletedExceptionally();
    assertThat(second).isCompleted();
    assertThat(rounds.next().toCompletableFuture()).isNotDone();
    assertThat(begun).hasSize(3);
  }
}
