package io.redoubt.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RecoveryTest {
  private static Latencies of(int... millis) {
    var latencies = new Latencies();
    for (int one : millis) {
      latencies.record(Duration.ofMillis(one).toNanos());
    }
    return latencies;
  }

  @Test
  void itIsWhatReadingBackAddsToEachAgent() {
    var recovery = Recovery.of(of(10, 12, 40), of(2, 3, 4));

    assertThat(recovery.agents()).isEqualTo(3);
    assertThat(recovery.meanMillis()).isCloseTo(62 / 3.0 - 3, within(0.1));
    assertThat(recovery.p50Millis()).isCloseTo(9, within(0.1));
    assertThat(recovery.p99Millis()).isCloseTo(36, within(0.1));
  }

  @Test
  void otherAgentsAreNoComparison() {
    assertThatThrownBy(() -> Recovery.of(of(10, 12), of(2)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
