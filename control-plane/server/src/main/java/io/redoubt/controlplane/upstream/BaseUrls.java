package io.redoubt.controlplane.upstream;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses an upstream, or a channel, may have: https anywhere but where none can be
 * (link-local addresses, behind which clouds hand out their machines' credentials, and those of no
 * host), plain http only to this machine or to hosts that the configuration names, and nothing in
 * the URL but scheme, host, port and path. Names are not resolved here: the enclave looks at what
 * they mean whenever it connects.
 */
public final class BaseUrls {
  private static final int MAX_LENGTH = 500;

  private final List<String> httpHosts;

  public BaseUrls(List<String> httpHosts) {
    this.httpHosts = List.copyOf(httpHosts);
  }

  /** The URL; empty where it is none, or none that may be called. */
  public Optional<URI> read(@Nullable String text) {
    if (text == null || text.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    try {
      var url = new URI(text);
      return isAcceptable(url) ? Optional.of(url) : Optional.empty();
    } catch (URISyntaxException _) {
      return Optional.empty();
    }
  }

  private boolean isAcceptable(URI url) {
    if (url.getScheme() == null
        || url.getHost() == null
        || url.getRawUserInfo() != null
        || url.getRawQuery() != null
        || url.getRawFragment() != null
        || !url.toString().chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      return false;
    }
    return switch (url.getScheme().toLowerCase(Locale.ROOT)) {
      case "https" -> address(url.getHost()).filter(BaseUrls::isNobodys).isEmpty();
      case "http" -> mayBePlain(url.getHost().toLowerCase(Locale.ROOT));
      default -> false;
    };
  }

  /** Whether that host, in lower case, may be spoken to in the clear. */
  public boolean mayBePlain(String host) {
    return host.equals("localhost")
        || httpHosts.contains(host)
        || address(host).filter(InetAddress::isLoopbackAddress).isPresent();
  }

  private static boolean isNobodys(InetAddress address) {
    return address.isLinkLocalAddress()
        || address.isAnyLocalAddress()
        || address.isMulticastAddress();
  }

  /** Empty for a name: what it resolves to may change. */
  private static Optional<InetAddress> address(String host) {
    String literal =
        host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    try {
      return Optional.of(InetAddress.ofLiteral(literal));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
