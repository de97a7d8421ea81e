package io.redoubt.http;

import io.redoubt.protocol.secret.Secret;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/** How a client proves itself at a token endpoint (RFC 6749 §2.3.1). */
public sealed interface ClientCredentials {
  /** Who it says it is, and its secret. */
  record Offered(String id, Secret secret) implements ClientCredentials {}

  /** None that can be read. */
  record Missing() implements ClientCredentials {}

  /** Two at once, which RFC 6749 §2.3 forbids. */
  record Ambiguous() implements ClientCredentials {}

  /** Reads them from Basic or the form; beside Basic, the form may repeat the identifier. */
  static ClientCredentials of(HttpRequest request, Map<String, String> form) {
    @Nullable String id = form.get("client_id");
    @Nullable String secret = form.get("client_secret");
    Optional<String> authorization = Requests.authorization(request);
    if (authorization.isEmpty()) {
      return id == null || secret == null ? new Missing() : new Offered(id, Secret.of(secret));
    }
    if (secret != null) {
      return new Ambiguous();
    }
    return basic(authorization.get())
        .<ClientCredentials>map(
            offered -> id == null || id.equals(offered.id()) ? offered : new Ambiguous())
        .orElseGet(Missing::new);
  }

  private static Optional<Offered> basic(String authorization) {
    if (!authorization.regionMatches(true, 0, "Basic ", 0, 6)) {
      return Optional.empty();
    }
    try {
      byte[] pair = Base64.getDecoder().decode(authorization.substring(6).strip());
      String text = new String(pair, StandardCharsets.UTF_8);
      int colon = text.indexOf(':');
      return colon < 0
          ? Optional.empty()
          : Optional.of(
              new Offered(
                  decoded(text.substring(0, colon)),
                  Secret.of(decoded(text.substring(colon + 1)))));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /** Identifier and secret are form-encoded within Basic. */
  private static String decoded(String half) {
    return URLDecoder.decode(half, StandardCharsets.UTF_8);
  }
}
