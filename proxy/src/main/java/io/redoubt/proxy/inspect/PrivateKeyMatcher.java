package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import io.redoubt.content.Detector;

/**
 * A private key between its lines (RFC 7468, OpenSSH, OpenPGP), also where the line ends are
 * written as {@code \n}. Without its last line it ends where something else begins. Anybody can
 * write such lines around other things, so those are looked for in it as everywhere.
 */
final class PrivateKeyMatcher implements Matcher {
  private static final String BEGIN = "-----BEGIN ";
  private static final String END = "-----END ";
  private static final int LONGEST_LABEL = 40;
  private static final int LONGEST = LOOK_AHEAD - 1024;

  /** So many characters of Base64 in a row are a key, and not the name of one. */
  private static final int SHORTEST_LINE = 24;

  private static final String PUNCTUATION = ":,.;()<>@_*\\\"' \t\r\n-[]";

  @Override
  public void match(Window window, int start) {
    if (!window.has(start, BEGIN)) {
      return;
    }
    int label = start + BEGIN.length();
    int labelEnd = window.run(label, Bytes.UPPER | Bytes.DIGIT | Bytes.SPACE, LONGEST_LABEL);
    if (!window.has(labelEnd, "-----")) {
      return;
    }
    String name = window.text(label, labelEnd);
    if (!name.endsWith("PRIVATE KEY") && !name.endsWith("PRIVATE KEY BLOCK")) {
      return;
    }
    int at = labelEnd + 5;
    int line = 0;
    int longest = 0;
    boolean ended = false;
    while (at - start < LONGEST) {
      int c = window.at(at);
      if (Bytes.is(c, Bytes.BASE64)) {
        line++;
        longest = Math.max(longest, line);
      } else if (c < 0 || PUNCTUATION.indexOf(c) < 0) {
        break;
      } else {
        if (c == '-' && window.has(at, END)) {
          ended = true;
          break;
        }
        if (c == '-' && window.has(at, BEGIN)) {
          break; // looked at for itself, so that nothing is read time and again
        }
        line = 0;
      }
      at++;
    }
    if (longest < SHORTEST_LINE) {
      return;
    }
    int to = at;
    if (ended) {
      int name2 =
          window.run(at + END.length(), Bytes.UPPER | Bytes.DIGIT | Bytes.SPACE, LONGEST_LABEL);
      to = window.has(name2, "-----") ? name2 + 5 : name2;
    }
    window.foundAround(
        Detector.PRIVATE_KEY, start, to, ended ? Confidence.CHECKED : Confidence.FORM);
  }
}
