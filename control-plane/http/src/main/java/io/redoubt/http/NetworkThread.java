package io.redoubt.http;

import io.netty.channel.EventLoop;

/**
 * One of the {@link NetworkThreads}.
 *
 * @param loop that connections are registered with
 * @param dispatcher the name of the one that runs streams on it
 */
public record NetworkThread(EventLoop loop, String dispatcher) {}
