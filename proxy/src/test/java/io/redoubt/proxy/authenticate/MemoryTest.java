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
    var used = new UsedOnce(Duration.ofMinutes(1), 100, 100, clock);
    assertThat(used.admit("x", "a")).isEqualTo(UsedOnce.Use.FIRST);

    for (int i = 0; i < 6; i++) {
      assertThat(used.admit("x", "a")).isEqualTo(UsedOnce.Use.AGAIN);
      clock.advance(Duration.ofSeconds(10));
    }
    clock.advance(Duration.ofMinutes(2));
    assertThat(used.admit("x", "a")).isEqualTo(UsedOnce.Use.FIRST);
  }

  @Test
  void whoeverUsesMuchTakesNoRoomFromOthers() {
    var used = new UsedOnce(Duration.ofMinutes(1), 20, 8, new ManualClock());

    for (int i = 0; i < 4; i++) {
      assertThat(used.admit("greedy", "g" + i)).isEqualTo(UsedOnce.Use.FIRST);
    }
    assertThat(used.admit("greedy", "g9")).isEqualTo(UsedOnce.Use.CALLER_FULL);
    assertThat(used.admit("greedy", "g1")).isEqualTo(UsedOnce.Use.AGAIN);
    for (int i = 0; i < 6; i++) {
      assertThat(used.admit("caller" + i, "c" + i)).isEqualTo(UsedOnce.Use.FIRST);
    }
    assertThat(used.admit("late", "l")).isEqualTo(UsedOnce.Use.FULL);
  }

  @Test
  void afterTheWindowACallerHasRoomAgain() {
    var clock = new ManualClock();
    var used = new UsedOnce(Duration.ofMinutes(1), 20, 2, clock);
    assertThat(used.admit("x", "a")).isEqualTo(UsedOnce.Use.FIRST);
    assertThat(used.admit("x", "b")).isEqualTo(UsedOnce.Use.CALLER_FULL);

    clock.advance(Duration.ofMinutes(1));

    assertThat(used.admit("x", "a")).isEqualTo(UsedOnce.Use.AGAIN);
    assertThat(used.admit("x", "b")).isEqualTo(UsedOnce.Use.FIRST);
  }
}
