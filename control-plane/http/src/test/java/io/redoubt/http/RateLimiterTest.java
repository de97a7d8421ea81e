package io.redoubt.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
  private long now = 1_000_000;
  private final InstantSource clock = () -> Instant.ofEpochMilli(now);
  private final RateLimiter limiter = new RateLimiter(2, 3, 2, clock);

  @Test
  void aBurstPassesAndWhatFollowsIsToldToWait() {
    for (int i = 0; i < 3; i++) {
      assertThat(limiter.retryAfterSeconds("a")).isEmpty();
    }

    assertThat(limiter.retryAfterSeconds("a")).hasValue(1);
  }

  @Test
  void tokensComeBackWithTime() {
    for (int i = 0; i < 4; i++) {
      limiter.retryAfterSeconds("a");
    }
    now += 500;

    assertThat(limiter.retryAfterSeconds("a")).isEmpty();
    assertThat(limiter.retryAfterSeconds("a")).isPresent();
  }

  @Test
  void oneKeyDoesNotStarveAnother() {
    for (int i = 0; i < 4; i++) {
      limiter.retryAfterSeconds("a");
    }

    assertThat(limiter.retryAfterSeconds("b")).isEmpty();
  }

  @Test
  void aClockThatGoesBackTakesNothingAway() {
    limiter.retryAfterSeconds("a");
    now -= 10_000;

    assertThat(limiter.retryAfterSeconds("a")).isEmpty();
  }
}
