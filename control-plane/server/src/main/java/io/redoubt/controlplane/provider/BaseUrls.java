package io.redoubt.controlplane.provider;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses a provider may have: https anywhere, plain http only to this machine or to hosts
 * that the configuration names, and nothing in the URL but scheme, host, port and path.
 */
final class BaseUrls {
  private static final int MAX_LENGTH = 500;

  private final List<String> httpHosts;

  BaseUrls(List<String> httpHosts) {
    this.httpHosts = List.copyOf(httpHosts);
  }

  Optional<URI> read(@Nullable String text) {
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
      case "https" -> true;
      case "http" -> mayBePlain(url.getHost().toLowerCase(Locale.ROOT));
      default -> false;
    };
  }

  private boolean mayBePlain(String host) {
    return host.equals("localhost") || httpHosts.contains(host) || isLoopback(host);
  }

  private static boolean isLoopback(String host) {
    String literal =
        host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    try {
      return InetAddress.ofLiteral(literal).isLoopbackAddress();
    } catch (IllegalArgumentException _) {
      return false; // a name: what it resolves to may change
    }
  }
}
