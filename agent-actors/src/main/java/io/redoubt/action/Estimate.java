package io.redoubt.action;

import org.jspecify.annotations.Nullable;

/**
 * What an action takes at most, as far as that can be told before.
 *
 * @param costMicros millionths of a US dollar; null: nobody knows the price
 */
public record Estimate(long tokens, @Nullable Long costMicros) {
  /** More than any budget, and far from where sums of them overflow. */
  private static final long MOST = 2_000_000_000_000_000L;

  public Estimate {
    tokens = Math.clamp(tokens, 0, MOST);
    costMicros = costMicros == null ? null : Long.valueOf(Math.clamp(costMicros, 0, MOST));
  }
}
