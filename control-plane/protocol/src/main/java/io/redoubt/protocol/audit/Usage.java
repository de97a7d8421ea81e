package io.redoubt.protocol.audit;

/**
 * What a model call used.
 *
 * @param inputTokens as the provider counted them, cache reads and writes left out
 * @param costMicros millionths of a US dollar by the price table; 0 where no price is known
 */
public record Usage(
    long inputTokens,
    long outputTokens,
    long cacheReadTokens,
    long cacheWriteTokens,
    long costMicros) {
  public static final Usage NONE = new Usage(0, 0, 0, 0, 0);
}
