package io.redoubt.http;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * The addresses that proxies say a request came through, client first: {@code Forwarded} (RFC
 * 7239), else {@code X-Forwarded-For}. Reading stops, from the right, at the first entry that is no
 * literal address: what stands before it was not written by a proxy we can follow.
 */
final class ForwardedChain {
  private ForwardedChain() {}

  static List<InetAddress> of(HttpRequest request) {
    List<String> standard = values(request, "forwarded");
    if (!standard.isEmpty()) {
      return addresses(standard.stream().map(ForwardedChain::forParameter).toList());
    }
    return addresses(values(request, "x-forwarded-for"));
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
        addresses.addFirst(InetAddress.ofLiteral(withoutPort(texts.get(i))));
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
