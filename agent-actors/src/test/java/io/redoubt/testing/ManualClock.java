package io.redoubt.testing;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock that a test moves. */
public final class ManualClock extends Clock {
  /** Where it starts unless told otherwise. */
  public static final Instant START = Instant.parse("2026-11-20T12:00:00Z");

  private volatile Instant now;

  public ManualClock() {
    this(START);
  }

  public ManualClock(Instant start) {
    now = start;
  }

  public synchronized void advance(Duration by) {
    now = now.plus(by);
  }

  public synchronized void set(Instant instant) {
    now = instant;
  }

  @Override
  public Instant instant() {
    return now;
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException("times are UTC");
  }
}
