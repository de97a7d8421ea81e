package io.redoubt.proxy.llm;

import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.token.AgentToken;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Set;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/** What an agent brings for its upstream itself, where a service of ours says who it is. */
final class OwnCredential {
  /** The header lines that carry credentials of either kind of provider. */
  static final Set<String> HEADERS = Set.of("authorization", "x-api-key");

  private OwnCredential() {}

  static boolean isIn(HttpRequest request) {
    return request.getHeader("authorization").isPresent()
        || request.getHeader("x-api-key").isPresent();
  }

  /**
   * Whether what should be the agent's own is a token of ours. Passed on, it would be the agent's
   * identity in the hands of whoever runs the upstream.
   */
  static boolean isOurs(HttpRequest request) {
    for (HttpHeader header : request.getHeaders()) {
      if (HEADERS.contains(header.lowercaseName())) {
        for (String part : header.value().split("[\\s,]+", -1)) {
          if (isOurs(part) || isOursInBasic(part)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static boolean isOurs(String text) {
    return AccessClaims.isForm(text)
        || AgentToken.parse(AgentToken.Kind.REFRESH, text).isPresent()
        || AgentToken.parse(AgentToken.Kind.BOOTSTRAP, text).isPresent();
  }

  /** RFC 7617: user and password. */
  private static boolean isOursInBasic(String text) {
    try {
      String pair = new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
      int colon = pair.indexOf(':');
      return colon >= 0 && (isOurs(pair.substring(0, colon)) || isOurs(pair.substring(colon + 1)));
    } catch (IllegalArgumentException _) {
      return false;
    }
  }
}
