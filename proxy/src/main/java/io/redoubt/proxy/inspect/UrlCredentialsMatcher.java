package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import io.redoubt.content.Detector;
import java.util.Locale;
import java.util.Set;

/** The password in {@code scheme://user:password@host} (RFC 3986 §3.2.1). */
final class UrlCredentialsMatcher implements Matcher {
  private static final int LONGEST = 256;
  private static final Set<String> STAND_INS =
      Set.of("password", "passwd", "pass", "pwd", "secret", "changeme", "token", "pw");

  @Override
  public void match(Window window, int start) {
    if (!window.is(start - 1, Bytes.ALNUM)) {
      return;
    }
    int user = start + 3;
    int colon = end(window, user);
    if (window.at(colon) != ':') {
      return;
    }
    int from = colon + 1;
    int to = end(window, from);
    while (window.at(to) == ':' && to - from < LONGEST) {
      to = end(window, to + 1);
    }
    if (window.at(to) != '@'
        || !window.is(to + 1, Bytes.ALNUM)
        || to - from < 3
        || "${<%*[".indexOf(window.at(from)) >= 0
        || window.distinct(from, to) <= 2
        || STAND_INS.contains(window.text(from, to).toLowerCase(Locale.ROOT))) {
      return;
    }
    window.found(Detector.URL_CREDENTIALS, from, to, Confidence.FORM);
  }

  /** Where a part of the authority ends. */
  private static int end(Window window, int from) {
    int at = from;
    while (at - from < LONGEST) {
      int c = window.at(at);
      if (c <= ' ' || c >= 0x7F || ":@/?#\"'<>\\`|".indexOf(c) >= 0) {
        return at;
      }
      at++;
    }
    return at;
  }
}
