package io.redoubt.protocol.text;

/**
 * Text that the database, a terminal and a log line can take as it is: without control characters,
 * and with no half of a surrogate pair.
 */
public final class PlainText {
  private static final String MORE = "…";

  private PlainText() {}

  /**
   * Whether the text is plain.
   *
   * @param maxLength in characters
   */
  public static boolean fits(String text, int maxLength) {
    return text.length() <= maxLength
        && text.codePoints()
            .noneMatch(
                c -> Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE);
  }

  /**
   * Whether somebody who reads it sees that the character is there, and what comes after it reads
   * as it is written: no control, no order about direction, no end of a line, and nothing that
   * Unicode gives no meaning to.
   */
  public static boolean isVisible(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }

  /**
   * The beginning of a text that others have written, for a record in one line: whatever nobody
   * sees is a question mark.
   *
   * @param most characters; one more says that there are others
   */
  public static String beginning(String text, int most) {
    var beginning = new StringBuilder();
    text.codePoints()
        .limit(most)
        .map(c -> isVisible(c) ? c : '?')
        .forEach(beginning::appendCodePoint);
    return text.codePointCount(0, text.length()) > most ? beginning + MORE : beginning.toString();
  }

  /**
   * The beginning of a text, and a sign that there is more. Half of a surrogate pair, which nobody
   * can write, is not left of it.
   *
   * @param most characters, with the sign
   */
  public static String cut(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    int end = most - MORE.length();
    boolean splits = Character.isHighSurrogate(text.charAt(end - 1));
    return text.substring(0, splits ? end - 1 : end) + MORE;
  }

  /**
   * The text as people are to see it: whatever nobody sees, or changes how the rest reads, is
   * written out in escapes. Lines end as they do.
   */
  public static String shown(String text) {
    var shown = new StringBuilder(text.length());
    text.codePoints()
        .forEach(c -> {
          if (c == '\n' || isDrawn(c)) {
            shown.appendCodePoint(c);
          } else if (Character.isBmpCodePoint(c)) {
            shown.append("\\u%04x".formatted(c));
          } else {
            shown.append("\\u{%x}".formatted(c));
          }
        });
    return shown.toString();
  }

  /** Whether it can be told from nothing at all, and from a space. */
  private static boolean isDrawn(int c) {
    return switch (Character.getType(c)) {
      case Character.SPACE_SEPARATOR -> c == ' ';
      // Variation selectors, and marks and letters that are drawn as nothing at all.
      default ->
          isVisible(c)
              && c != 0x034f
              && c != 0x115f
              && c != 0x1160
              && c != 0x17b4
              && c != 0x17b5
              && !(c >= 0x180b && c <= 0x180f)
              && c != 0x2800
              && c != 0x3164
              && !(c >= 0xfe00 && c <= 0xfe0f)
              && c != 0xffa0
              && !(c >= 0xe0100 && c <= 0xe01ef);
    };
  }
}
