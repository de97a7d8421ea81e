package io.redoubt.multinode.history;

/**
 * A piece of a streamed reply that reached the client.
 *
 * @param sent when the upstream sent it, by the monotonic clock that both share
 */
public record Chunk(String agent, String trace, long sent) {}
