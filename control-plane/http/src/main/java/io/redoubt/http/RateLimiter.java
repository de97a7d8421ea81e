package io.redoubt.http;

import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Token buckets, one for each key, in bounded memory: the key unused for longest is forgotten
 * first. A forgotten key starts with a full bucket, so {@code maxKeys} must exceed what an attacker
 * can cheaply name; where keys are free to invent, put a limiter with a single key in front.
 */
public final class RateLimiter {
  private final double perMillisecond;
  private final int burst;
  private final InstantSource clock;
  private final Map<Object, Bucket> buckets;

  private static final class Bucket {
    private double tokens;
    private long at;
  }

  /**
   * A limiter.
   *
   * @param perSecond sustained rate
   * @param burst how many may come at once
   */
  public RateLimiter(int perSecond, int burst, int maxKeys, InstantSource clock) {
    if (perSecond <= 0 || burst <= 0 || maxKeys <= 0) {
      throw new IllegalArgumentException("rate, burst and keys are greater than zero");
    }
    this.perMillisecond = perSecond / 1000.0;
    this.burst = burst;
    this.clock = clock;
    this.buckets =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<Object, Bucket> eldest) {
            return size() > maxKeys;
          }
        };
  }

  /** Takes one token; where there is none, answers in how many seconds there will be. */
  public synchronized OptionalInt retryAfterSeconds(Object key) {
    long now = clock.millis();
    Bucket bucket =
        buckets.computeIfAbsent(
            key,
            _ -> {
              var full = new Bucket();
              full.tokens = burst;
              full.at = now;
              return full;
            });
    bucket.tokens = Math.min(burst, bucket.tokens + Math.max(0, now - bucket.at) * perMillisecond);
    bucket.at = now;
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return OptionalInt.empty();
    }
    double missing = (1 - bucket.tokens) / perMillisecond;
    return OptionalInt.of((int) Math.max(1, Math.ceil(missing / 1000)));
  }
}
