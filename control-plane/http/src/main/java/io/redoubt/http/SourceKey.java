package io.redoubt.http;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What a limit for each source counts by: an IPv4 address, or the /64 of an IPv6 one, which is what
 * a single host can call its own.
 */
public final class SourceKey {
  private static final int IPV6_NETWORK_BYTES = 8;

  private SourceKey() {}

  public static Object of(InetAddress source) {
    return source instanceof Inet6Address
        ? ByteBuffer.wrap(Arrays.copyOf(source.getAddress(), IPV6_NETWORK_BYTES))
        : source;
  }
}
