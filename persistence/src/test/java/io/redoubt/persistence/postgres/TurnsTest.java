package io.redoubt.persistence.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TurnsTest {
  private static final String ACME = "acme";
  private static final String GLOBEX = "globex";

  private final Turns<String> turns = new Turns<>(1, Duration.ofSeconds(10));

  @Test
  void oneOfAnOrganizationWorksAtATimeAndOneMayWait() {
    var began = new CountDownLatch(1);
    var end = new CountDownLatch(1);
    var order = new ConcurrentLinkedQueue<String>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var first =
          CompletableFuture.supplyAsync(
              () ->
                  turns.taking(
                      ACME,
                      () -> {
                        began.countDown();
                        await(end);
                        return order.add("first");
                      }),
              threads);
      await(began);
      var others =
          IntStream.range(0, 2)
              .mapToObj(_ ->
                  CompletableFuture.supplyAsync(
                      () -> turns.taking(ACME, () -> order.add("second")), threads))
              .toList();

      var refused = CompletableFuture.anyOf(others.toArray(CompletableFuture<?>[]::new));

      assertThatExceptionOfType(Exception.class)
          .isThrownBy(refused::join)
          .withCauseInstanceOf(DatabaseUnavailableException.class);
      assertThat(turns.taking(GLOBEX, () -> "another organization")).isNotEmpty();
      assertThat(order).isEmpty();
      end.countDown();
      assertThat(first.join()).isTrue();
      others.forEach(each -> each.exceptionally(_ -> false).join());
      assertThat(order).containsExactly("first", "second");
    }
  }

  @Test
  void whoFailsLetsTheNextOneWork() {
    for (int i = 0; i < 3; i++) {
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(() ->
              turns.taking(
                  ACME,
                  () -> {
                    throw new IllegalStateException("no");
                  }));
    }

    assertThat(turns.taking(ACME, () -> "works")).isEqualTo("works");
  }

  @Test
  void whoseTurnDoesNotComeInTimeFailsAndLeavesTheLine() {
    var hasty = new Turns<String>(1, Duration.ofMillis(20));
    var began = new CountDownLatch(1);
    var end = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var first =
          CompletableFuture.supplyAsync(
              () ->
                  hasty.taking(
                      ACME,
                      () -> {
                        began.countDown();
                        await(end);
                        return "first";
                      }),
              threads);
      await(began);

      for (int i = 0; i < 3; i++) {
        assertThatExceptionOfType(DatabaseUnavailableException.class)
            .isThrownBy(() -> hasty.taking(ACME, () -> "never"))
            .withMessageContaining("in time");
      }

      end.countDown();
      assertThat(first.join()).isEqualTo("first");
      assertThat(hasty.taking(ACME, () -> "works")).isEqualTo("works");
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
