package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import io.redoubt.content.Detector;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * A signed token (RFC 7519, RFC 7515 §7.1): three parts, the first a JSON object with {@code alg}.
 */
final class JwtMatcher implements Matcher {
  private static final int LONGEST_HEADER = 2048;
  private static final int LONGEST = 12 * 1024;
  private static final int SHORTEST_SIGNATURE = 20;

  @Override
  public void match(Window window, int start) {
    if (!window.has(start, "eyJ") || window.is(start - 1, Bytes.TOKEN)) {
      return;
    }
    int header = window.run(start, Bytes.TOKEN, LONGEST_HEADER);
    if (window.at(header) != '.' || !window.has(header + 1, "eyJ")) {
      return;
    }
    int claims = window.run(header + 1, Bytes.TOKEN, LONGEST);
    if (window.at(claims) != '.') {
      return;
    }
    int signature = window.run(claims + 1, Bytes.TOKEN, LONGEST_HEADER);
    if (signature - claims > SHORTEST_SIGNATURE && isHeader(window, start, header)) {
      window.found(Detector.JWT, start, signature, Confidence.CHECKED);
    }
  }

  private static boolean isHeader(Window window, int from, int to) {
    try {
      byte[] json = Base64.getUrlDecoder().decode(window.copy(from, to));
      return new String(json, StandardCharsets.UTF_8).contains("\"alg\"");
    } catch (IllegalArgumentException _) {
      return false;
    }
  }
}
