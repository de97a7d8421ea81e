package io.redoubt.controlplane.channel;

import io.redoubt.protocol.text.PlainText;

/**
 * Text as people are to see it: what would be invisible, or change how the rest reads, in escapes.
 */
final class Visible {
  private Visible() {}

  /** The same with line breaks, and with everything else that nobody sees written out. */
  static String of(String text) {
    return PlainText.shown(text);
  }

  /** On one line, of at most so many characters. */
  static String line(String text, int most) {
    return PlainText.cut(of(text.replace("\n", "\\n")), most);
  }
}
