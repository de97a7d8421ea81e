package io.redoubt.http;

import io.redoubt.protocol.net.IpLiteral;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * The addresses that proxies say a request came through, client first: {@code Forwarded} (RFC 7239)
 * or {@code X-Forwarded-For}. Reading stops, from the right, at the first entry that is no literal
 * address: what stands before it was not written by a proxy we can follow.
 */
final class ForwardedChain {
  private ForwardedChain() {}

  /** What {@code Forwarded} says; empty without the header. */
  static Optional<List<InetAddress>> standard(HttpRequest request) {
    List<String> elements = values(request, "forwarded");
    return elements.isEmpty()
        ? Optional.empty()
        : Optional.of(addresses(elements.stream().map(ForwardedChain::forParameter).toList()));
  }

  /** What {@code X-Forwarded-For} says; empty without the header. */
  static Optional<List<InetAddress>> conventional(HttpRequest request) {
    List<String> elements = values(request, "x-forwarded-for");
    return elements.isEmpty() ? Optional.empty() : Optional.of(addresses(elements));
  }

  private static List<String> values(HttpRequest request, String name) {
    var values = new ArrayList<String>();
    for (HttpHeader header : request.getHeaders()) {
      if (header.is(name)) {
        for (String value : header.value().split(",", -1)) {
          values.add(value.trim());
        }
      }
    }
    return values;
  }

  private static String forParameter(String element) {
    for (String parameter : element.split(";", -1)) {
      String trimmed = parameter.trim();
      if (trimmed.toLowerCase(Locale.ROOT).startsWith("for=")) {
        return trimmed.substring(4).replace("\"", "");
      }
    }
    return "";
  }

  private static List<InetAddress> addresses(List<String> texts) {
    var addresses = new ArrayList<InetAddress>();
    for (int i = texts.size() - 1; i >= 0; i--) {
      try {
        addresses.addFirst(IpLiteral.parse(withoutPort(texts.get(i))));
      } catch (IllegalArgumentException _) {
        break;
      }
    }
    return addresses;
  }

  private static String withoutPort(String text) {
    if (text.startsWith("[")) {
      int end = text.indexOf(']');
      return end < 0 ? text : text.substring(1, end);
    }
    int colon = text.indexOf(':');
    return colon >= 0 && text.indexOf(':', colon + 1) < 0 ? text.substring(0, colon) : text;
  }
}
