package io.redoubt.bench.upstream;

import io.redoubt.bench.load.Loop;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;

/**
 * Serves Anthropic's {@code POST /v1/messages}, plain and streaming, in a process of its own, so
 * that its cost is counted apart. Prints its port, and ends when its standard input does: it never
 * outlives whoever started it.
 */
public final class Upstream {
  private static final long LONGEST_RUN = TimeUnit.HOURS.toNanos(2);

  private Upstream() {}

  public static void main(String[] arguments) throws IOException {
    try (var loop = new Loop()) {
      int port = loop.listen(sender -> new UpstreamConnection(loop, sender).reader());
      System.out.println(port);
      System.out.flush();
      Thread.ofPlatform().daemon().start(() -> waitForEnd(System.in));
      loop.runUntil(System.nanoTime() + LONGEST_RUN);
    }
  }

  private static void waitForEnd(InputStream parent) {
    try {
      parent.skip(Long.MAX_VALUE);
    } catch (IOException _) {
      // The parent is gone all the same.
    }
    Runtime.getRuntime().halt(0);
  }
}
