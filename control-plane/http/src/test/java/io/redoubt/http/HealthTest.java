package io.redoubt.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class HealthTest {
  private final List<CompletableFuture<HealthReport>> looks = new ArrayList<>();
  private final Health.OneLook health =
      new Health.OneLook(() -> {
        looks.add(new CompletableFuture<>());
        return looks.getLast();
      });

  @Test
  void whoAsksWhileALookIsUnderWayGetsItsAnswer() {
    var first = health.get();
    var second = health.get();
    var report = new HealthReport(true, Map.of());

    looks.getFirst().complete(report);

    assertThat(looks).hasSize(1);
    assertThat(first).succeedsWithin(Duration.ofSeconds(1)).isEqualTo(report);
    assertThat(second).succeedsWithin(Duration.ofSeconds(1)).isEqualTo(report);
  }

  @Test
  void everyLookIsANewOneAlsoAfterAFailure() {
    var first = health.get();
    looks.getFirst().completeExceptionally(new IllegalStateException("away"));
    var second = health.get();
    looks.getLast().complete(new HealthReport(false, Map.of()));

    assertThat(looks).hasSize(2);
    assertThat(first).failsWithin(Duration.ofSeconds(1));
    assertThat(second).succeedsWithin(Duration.ofSeconds(1));
  }
}
