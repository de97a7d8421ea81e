package io.redoubt.controlplane.channel;

import io.redoubt.protocol.net.Cidr;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where channels may be: at addresses of the public internet, so that nobody makes the control
 * plane speak to its neighbours, and at the hosts that the configuration names. Looked at before
 * every call; Java keeps what a name stands for longer than that takes.
 */
final class Addresses {
  private static final List<Cidr> NOT_PUBLIC =
      Stream.of(
              "0.0.0.0/8",
              "10.0.0.0/8",
              "100.64.0.0/10",
              "127.0.0.0/8",
              "169.254.0.0/16",
              "172.16.0.0/12",
              "192.0.0.0/24",
              "192.0.2.0/24",
              "192.88.99.0/24",
              "192.168.0.0/16",
              "198.18.0.0/15",
              "198.51.100.0/24",
              "203.0.113.0/24",
              "224.0.0.0/3",
              "::/8",
              "100::/64",
              "2001::/23",
              "2001:db8::/32",
              "2002::/16",
              "fc00::/7",
              "fe80::/10",
              "fec0::/10",
              "ff00::/8")
          .map(Cidr::parse)
          .toList();

  /** What whoever sets up a channel is told where {@link #ruledOut} holds. */
  static final String RULED_OUT =
      "is a private address, which is not called unless"
          + " redoubt.control-plane.channels.private-hosts names it";

  private static final String PRIVATE = "the host has a private address";
  private static final String UNKNOWN = "the host is unknown";

  private final List<String> allowed;

  Addresses(List<String> allowed) {
    this.allowed = List.copyOf(allowed);
  }

  /** Whether no call will be made there, whenever. Names are not looked up: they may change. */
  boolean ruledOut(URI url) {
    return ruledOut(host(url));
  }

  /** The same of a host. */
  boolean ruledOut(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    return !allowed.contains(name) && literal(name).filter(it -> !isPublic(it)).isPresent();
  }

  private static Optional<InetAddress> literal(String host) {
    try {
      return Optional.of(InetAddress.ofLiteral(host));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /** Why that address may not be called; empty: it may. Looks names up. */
  Optional<String> refusal(URI url) {
    String host = host(url);
    if (allowed.contains(host)) {
      return Optional.empty();
    }
    try {
      for (var address : InetAddress.getAllByName(host)) {
        if (!isPublic(address)) {
          return Optional.of(PRIVATE);
        }
      }
      return Optional.empty();
    } catch (UnknownHostException _) {
      return Optional.of(UNKNOWN);
    }
  }

  /**
   * Where a host is to be called. Not looked up again by who calls: a name may stand for something
   * else a moment later.
   *
   * @throws UnknownHostException with why, where it may not be called
   */
  InetAddress resolved(String host) throws UnknownHostException {
    String name = host.toLowerCase(Locale.ROOT);
    InetAddress[] all;
    try {
      all = InetAddress.getAllByName(name);
    } catch (UnknownHostException _) {
      throw new UnknownHostException(UNKNOWN);
    }
    if (!allowed.contains(name) && !Arrays.stream(all).allMatch(Addresses::isPublic)) {
      throw new UnknownHostException(PRIVATE);
    }
    return InetAddress.getByAddress(name, all[0].getAddress());
  }

  static boolean isPublic(InetAddress address) {
    return NOT_PUBLIC.stream().noneMatch(block -> block.contains(address));
  }

  private static String host(URI url) {
    String host = url.getHost().toLowerCase(Locale.ROOT);
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }
}
