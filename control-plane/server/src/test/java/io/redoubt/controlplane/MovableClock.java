package io.redoubt.controlplane;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** The system's clock, set forward, or stopped, where a test says so. */
final class MovableClock extends Clock {
  private volatile Duration ahead = Duration.ZERO;

  /** Where it stands; null: it goes. */
  private volatile @Nullable Instant standing;

  void standStill() {
    standing = instant();
  }

  void goOn() {
    standing = null;
  }

  void forward(Duration by) {
    ahead = ahead.plus(by);
  }

  @Override
  public Instant instant() {
    var at = standing;
    return at == null ? Clock.systemUTC().instant().plus(ahead) : at;
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
