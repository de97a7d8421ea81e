package io.redoubt.multinode.product;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/** W3C trace context, chosen by the client so that it finds its call again in the audit log. */
public final class Trace {
  private Trace() {}

  /** A new trace id. */
  public static String next() {
    var random = ThreadLocalRandom.current();
    var hex = HexFormat.of();
    return hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong() | 1);
  }

  static String parent(String traceId) {
    return "00-" + traceId + "-" + traceId.substring(0, 16).replaceFirst("^0", "1") + "-01";
  }
}
