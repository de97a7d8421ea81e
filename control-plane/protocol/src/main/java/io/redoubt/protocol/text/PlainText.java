package io.redoubt.protocol.text;

/**
 * Text that the database, a terminal and a log line can take as it is: without control characters,
 * and with no half of a surrogate pair.
 */
public final class PlainText {
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
}
