package io.redoubt.protocol.audit;

/**
 * Tokens and money, used or kept for use.
 *
 * @param costMicros millionths of a US dollar
 */
public record Spend(long tokens, long costMicros) {
  public static final Spend ZERO = new Spend(0, 0);

  public Spend {
    if (tokens < 0 || costMicros < 0) {
      throw new IllegalArgumentException("a spend is never negative");
    }
  }

  /** What was used, cached tokens included. */
  public static Spend of(Usage usage) {
    long tokens =
        sum(
            sum(usage.inputTokens(), usage.outputTokens()),
            sum(usage.cacheReadTokens(), usage.cacheWriteTokens()));
    return new Spend(tokens, usage.costMicros());
  }

  /** The sum, or the most there is. */
  public Spend plus(Spend more) {
    return new Spend(sum(tokens, more.tokens), sum(costMicros, more.costMicros));
  }

  /** The difference, and nothing where it would be negative. */
  public Spend minus(Spend less) {
    return new Spend(Math.max(0, tokens - less.tokens), Math.max(0, costMicros - less.costMicros));
  }

  /** The larger one of each. */
  public Spend orMore(Spend other) {
    return new Spend(Math.max(tokens, other.tokens), Math.max(costMicros, other.costMicros));
  }

  /** Of numbers that are not negative; a sum that has no room is the largest number. */
  public static long sum(long one, long other) {
    long sum = one + other;
    return sum < 0 ? Long.MAX_VALUE : sum;
  }
}
