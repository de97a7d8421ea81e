package io.redoubt.proxy.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MemoryTest {
  @Test
  void whatIsUsedStaysAndTheRestMakesRoom() {
    var remembered = new Remembered<Integer, String>(100);
    remembered.put(-1, "used");

    for (int i = 0; i < 1000; i++) {
      remembered.put(i, "passing");
      assertThat(remembered.get(-1)).isEqualTo("used");
    }

    long held = IntStream.range(0, 1000).filter(i -> remembered.get(i) != null).count();
    assertThat(held).isBetween(1L, 100L);
  }

  @Test
  void aSecondUseWithinTheWindowIsRefused() {
    var clock = new ManualClock();
    var used = new UsedOnce(Duration.ofMinutes(1), 100, clock);
    assertThat(used.admit("a")).isTrue();

    for (int i = 0; i < 6; i++) {
      assertThat(used.admit("a")).isFalse();
      clock.advance(Duration.ofSeconds(10));
    }
    clock.advance(Duration.ofMinutes(2));
    assertThat(used.admit("a")).isTrue();
  }
}
