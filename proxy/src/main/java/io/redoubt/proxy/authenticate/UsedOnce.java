package io.redoubt.proxy.authenticate;

import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;

/**
 * Remembers what was used, for at least {@code window}, so that it is not used again. When it is
 * full it admits nothing: forgetting early would let a replay through (G5, G11).
 */
final class UsedOnce {
  private final int limit;
  private final long windowMillis;
  private final InstantSource clock;
  private Set<String> young = new HashSet<>();
  private Set<String> old = new HashSet<>();
  private long youngSince;

  UsedOnce(Duration window, int limit, InstantSource clock) {
    this.windowMillis = window.toMillis();
    this.limit = Math.max(1, limit / 2);
    this.clock = clock;
    this.youngSince = clock.millis();
  }

  /** Whether this is the first use, and room to remember it. */
  synchronized boolean admit(String id) {
    long now = clock.millis();
    if (now - youngSince >= windowMillis) {
      old = now - youngSince >= 2 * windowMillis ? new HashSet<>() : young;
      young = new HashSet<>();
      youngSince = now;
    }
    return young.size() < limit && !old.contains(id) && young.add(id);
  }
}
