package io.redoubt.http;

import io.redoubt.protocol.net.Cidr;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How many connections each source has open at one port. What a connection holds before anybody
 * knows who calls is limited; this keeps one source from holding it as often as it likes (G11).
 */
final class OpenConnections {
  private final int perSource;
  private final List<Cidr> trustedProxies;
  private final Map<Object, Integer> open = new HashMap<>();

  /**
   * None yet.
   *
   * @param trustedProxies who connect for many, and are not counted
   */
  OpenConnections(int perSource, List<Cidr> trustedProxies) {
    this.perSource = perSource;
    this.trustedProxies = trustedProxies;
  }

  /** Whether the source may have one more; if so, it is to be given back. */
  boolean admit(InetAddress source) {
    if (isTrusted(source)) {
      return true;
    }
    Object key = SourceKey.of(source);
    synchronized (open) {
      int already = open.getOrDefault(key, 0);
      if (already >= perSource) {
        return false;
      }
      open.put(key, already + 1);
      return true;
    }
  }

  /** One that was admitted is closed. */
  void giveBack(InetAddress source) {
    if (!isTrusted(source)) {
      synchronized (open) {
        open.computeIfPresent(SourceKey.of(source), (_, count) -> count == 1 ? null : count - 1);
      }
    }
  }

  private boolean isTrusted(InetAddress source) {
    for (Cidr block : trustedProxies) {
      if (block.contains(source)) {
        return true;
      }
    }
    return false;
  }
}
