package io.redoubt.proxy.authenticate;

import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Remembers what was used, for at least {@code window}, so that it is not used again. Whoever has
 * used as much as one caller may is admitted no more, and when the whole is full nobody is:
 * forgetting early would let a replay through (G5, G11).
 */
final class UsedOnce {
  /** What became of a use. */
  enum Use {
    FIRST,
    AGAIN,
    /** The caller has used too much within the window. */
    CALLER_FULL,
    /** All callers together have. */
    FULL
  }

  private final int limit;
  private final int callerLimit;
  private final long windowMillis;
  private final InstantSource clock;
  private final Map<Object, Integer> callers = new HashMap<>();
  private Set<String> young = new HashSet<>();
  private Set<String> old = new HashSet<>();
  private long youngSince;

  /**
   * Nothing was used yet.
   *
   * @param limit how much is remembered; half of it may be used within a window
   * @param callerLimit how much of one caller, likewise
   */
  UsedOnce(Duration window, int limit, int callerLimit, InstantSource clock) {
    this.windowMillis = window.toMillis();
    this.limit = Math.max(1, limit / 2);
    this.callerLimit = Math.max(1, callerLimit / 2);
    this.clock = clock;
    this.youngSince = clock.millis();
  }

  /** Whether this is the first use, and room to remember it. */
  synchronized Use admit(Object caller, String id) {
    long now = clock.millis();
    if (now - youngSince >= windowMillis) {
      old = now - youngSince >= 2 * windowMillis ? new HashSet<>() : young;
      young = new HashSet<>();
      callers.clear();
      youngSince = now;
    }
    if (old.contains(id) || young.contains(id)) {
      return Use.AGAIN;
    }
    int ofCaller = callers.getOrDefault(caller, 0);
    if (ofCaller >= callerLimit) {
      return Use.CALLER_FULL;
    }
    if (young.size() >= limit) {
      return Use.FULL;
    }
    young.add(id);
    callers.put(caller, ofCaller + 1);
    return Use.FIRST;
  }
}
