package io.redoubt.controlplane.channel;

import io.redoubt.protocol.text.PlainText;

/**
 * Text as people are to see it: what would be invisible, or change how the rest reads, in escapes.
 */
final class Visible {
  private Visible() {}

  /** The same with line breaks, and with everything else that nobody sees written out. */
  static String of(String text) {
    var visible = new StringBuilder(text.length());
    text.codePoints()
        .forEach(c -> {
          if (c == '\n' || !isHidden(c)) {
            visible.appendCodePoint(c);
          } else if (Character.isBmpCodePoint(c)) {
            visible.append("\\u%04x".formatted(c));
          } else {
            visible.append("\\u{%x}".formatted(c));
          }
        });
    return visible.toString();
  }

  /** On one line, of at most so many characters. */
  static String line(String text, int most) {
    return cut(of(text.replace("\n", "\\n")), most);
  }

  static String cut(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    int end = most - 1;
    return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end) + "…";
  }

  private static boolean isHidden(int c) {
    if (!PlainText.isVisible(c)) {
      return true;
    }
    return switch (Character.getType(c)) {
      case Character.SPACE_SEPARATOR -> c != ' ';
      // Tags, variation selectors and the like are drawn as nothing at all.
      default -> c == 0x115f || c == 0x1160 || c == 0x3164 || c == 0xffa0 || c == 0x034f;
    };
  }
}
