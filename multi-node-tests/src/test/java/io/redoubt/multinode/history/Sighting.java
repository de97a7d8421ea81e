package io.redoubt.multinode.history;

import java.time.Instant;

/**
 * A request that reached the upstream.
 *
 * @param trace which call it belongs to
 * @param time by the wall clock, which the product shares
 * @param nanos the same moment by the monotonic clock
 */
public record Sighting(String trace, String agent, Instant time, long nanos) {}
