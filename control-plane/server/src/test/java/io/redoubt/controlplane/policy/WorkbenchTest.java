package io.redoubt.controlplane.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class WorkbenchTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Workbench workbench =
      new Workbench(new PoliciesConfig(10, 1, Duration.ofMillis(1), SECOND, SECOND));

  private CompletableFuture<String> work(String given) {
    return workbench.work(CompletableFuture.completedFuture(given), it -> it).toCompletableFuture();
  }

  @Test
  void onlySoManyAreAtWorkAndOthersAreToldToComeBack() throws InterruptedException {
    var begun = new CountDownLatch(1);
    var end = new CompletableFuture<String>();
    var first =
        workbench.work(
            CompletableFuture.completedFuture("first"),
            _ -> {
              begun.countDown();
              return end.join();
            });
    begun.await();

    assertThatThrownBy(() -> work("second").join())
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            ProblemException.class,
            why -> {
              assertThat(why.type()).isEqualTo(ErrorType.UNAVAILABLE);
              assertThat(why.retryAfterSeconds()).hasValue(5);
            });
    end.complete("done");
    assertThat(first).succeedsWithin(SECOND.multipliedBy(10)).isEqualTo("done");
  }

  @Test
  void whoFailsMakesRoom() {
    var failed =
        workbench.<String, String>work(
            CompletableFuture.completedFuture("first"),
            it -> {
              throw new IllegalArgumentException(it);
            });

    assertThatThrownBy(() -> failed.toCompletableFuture().join())
        .hasRootCauseInstanceOf(IllegalArgumentException.class);
    assertThat(work("second").join()).isEqualTo("second");
  }
}
