package io.redoubt.proxy.upstream;

import io.redoubt.protocol.net.Cidr;
import io.redoubt.proxy.upstream.UpstreamException.Reason;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * Which address a connection goes to. Whoever may write providers chooses the name, and whoever
 * answers for the name what it means, at every single connection anew: so what counts is looked at
 * when a connection is made, and the connection goes to the very address that was looked at.
 */
final class UpstreamAddresses {

  /** Finds the addresses of a name; may block. */
  @FunctionalInterface
  interface Names {
    InetAddress[] resolve(String host) throws UnknownHostException;
  }

  private final List<Cidr> denied;
  private final List<Cidr> allowed;
  private final Names names;

  UpstreamAddresses(UpstreamConfig config, Names names) {
    this.denied = config.deniedAddresses();
    this.allowed = config.allowedAddresses();
    this.names = names;
  }

  /**
   * The first address of the host that may be connected to. May block.
   *
   * @param more where else this one may not go
   * @throws UpstreamException with {@code FORBIDDEN} where there are addresses, and none of those
   */
  InetSocketAddress of(String host, int port, List<Cidr> more) {
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    InetAddress[] found;
    try {
      found = names.resolve(bracketed ? host.substring(1, host.length() - 1) : host);
    } catch (UnknownHostException e) {
      throw new UpstreamException(Reason.UNREACHABLE, e);
    }
    for (InetAddress address : found) {
      if ((holds(allowed, address) || !holds(denied, address)) && !holds(more, address)) {
        return new InetSocketAddress(nameless(address), port);
      }
    }
    throw new UpstreamException(Reason.FORBIDDEN, null);
  }

  private static boolean holds(List<Cidr> blocks, InetAddress address) {
    for (Cidr block : blocks) {
      if (block.contains(address)) {
        return true;
      }
    }
    return false;
  }

  /** So that nobody further on looks the name up once more. */
  private static InetAddress nameless(InetAddress address) {
    try {
      return InetAddress.getByAddress(address.getAddress());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of 4 or 16 bytes", e);
    }
  }
}
