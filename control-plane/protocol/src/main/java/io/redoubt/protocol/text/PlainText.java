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
}
