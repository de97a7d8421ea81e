package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Whoever comes back waits longer each time, within bounds, and never at the same time as all. */
class BackoffTest {
  private static final Duration MIN = Duration.ofMillis(200);
  private static final Duration MAX = Duration.ofSeconds(15);
  private static final Duration SOON = Duration.ofSeconds(3);

  private final Backoff backoff = new Backoff(MIN, MAX);

  private static void assertJittered(Duration pause, Duration whole) {
    assertThat(pause).isBetween(whole.dividedBy(2), whole);
  }

  @Test
  void eachPauseIsTwiceAsLongUpToTheLongest() {
    for (long millis : new long[] {200, 400, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000}) {
      assertJittered(backoff.next(), Duration.ofMillis(millis));
    }

    backoff.reset();

    assertJittered(backoff.next(), MIN);
  }

  @Test
  void whereItCostsNothingTheNextAttemptIsSoon() {
    for (long millis : new long[] {200, 400, 800, 1_600, 3_000, 3_000}) {
      assertJittered(backoff.next(SOON), Duration.ofMillis(millis));
    }

    assertJittered(backoff.next(), SOON);
    assertJittered(backoff.next(), SOON.multipliedBy(2));
  }

  @Test
  void afterLongPausesTooAndNeverLongerThanTheLongest() {
    for (int i = 0; i < 10; i++) {
      var _ = backoff.next();
    }

    assertJittered(backoff.next(SOON), SOON);
    assertJittered(backoff.next(MAX.multipliedBy(2)), SOON);
    for (int i = 0; i < 10; i++) {
      var _ = backoff.next(MAX.multipliedBy(2));
    }
    assertJittered(backoff.next(MAX.multipliedBy(2)), MAX);
  }
}
