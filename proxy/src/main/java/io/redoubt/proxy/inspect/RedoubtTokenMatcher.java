package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import io.redoubt.content.Detector;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.SecretKeyText;

/** Redoubt's own tokens and keys, which a checksum tells from all else. */
final class RedoubtTokenMatcher implements Matcher {
  private static final int LONGEST = 160;

  @Override
  public void match(Window window, int start) {
    int kind = window.at(start + 2);
    if (!window.has(start, "rd")
        || window.at(start + 3) != '_'
        || window.is(start - 1, Bytes.WORD)) {
      return;
    }
    int to = window.run(start + 4, Bytes.TOKEN | Bytes.DOT, LONGEST);
    // The end of a sentence belongs to no checksum, which may end in a dash.
    while (window.at(to - 1) == '.') {
      to--;
    }
    String text = window.text(start, to);
    boolean known =
        switch (kind) {
          case 'b' -> AgentToken.parse(AgentToken.Kind.BOOTSTRAP, text).isPresent();
          case 'r' -> AgentToken.parse(AgentToken.Kind.REFRESH, text).isPresent();
          case 'e' -> SecretKeyText.parse(SecretKeyText.Kind.ENCLAVE_API_KEY, text).isPresent();
          case 'c' -> SecretKeyText.parse(SecretKeyText.Kind.CLIENT_SECRET, text).isPresent();
          default -> false;
        };
    if (known) {
      window.found(Detector.REDOUBT_TOKEN, start, to, Confidence.CHECKED);
    }
  }
}
