package io.redoubt.proxy.tools;

import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.secret.Secret;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.pekko.util.ByteString;

/**
 * The forms in which an API may repeat the secret that it was shown: as it is, in JSON, in an
 * address, and in Base64 or out of it. Other forms are not seen.
 */
final class Echo {
  /** What is shorter stands in many texts by chance. */
  private static final int LEAST = 8;

  private final Set<String> forms = new LinkedHashSet<>();

  private Echo(String secret) {
    add(secret);
    String quoted = new String(Json.write(secret), StandardCharsets.UTF_8);
    add(quoted.substring(1, quoted.length() - 1));
    add(URLEncoder.encode(secret, StandardCharsets.UTF_8));
    byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
    add(Base64.getEncoder().withoutPadding().encodeToString(bytes));
    add(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    try {
      // That of the scheme Basic (RFC 7617) is Base64 itself.
      var inside = new String(Base64.getDecoder().decode(secret), StandardCharsets.UTF_8);
      if (inside.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
        add(inside);
        add(inside.substring(inside.indexOf(':') + 1));
      }
    } catch (IllegalArgumentException _) {
      // it is not
    }
  }

  static Echo of(Secret secret) {
    return new Echo(secret.reveal());
  }

  private void add(String form) {
    if (form.length() >= LEAST) {
      forms.add(form);
    }
  }

  boolean isIn(ByteString body) {
    var text = body.decodeString(StandardCharsets.ISO_8859_1);
    return forms.stream().anyMatch(text::contains);
  }
}
