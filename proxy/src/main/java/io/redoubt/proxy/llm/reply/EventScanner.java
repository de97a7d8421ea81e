package io.redoubt.proxy.llm.reply;

import java.nio.ByteBuffer;

/**
 * Finds the ends of server-sent events as bytes go by, and those that may matter, without reading
 * them: an event without any of the words that tool calls are written with carries no call. Words
 * can be hidden by JSON's escapes, by UTF-8 that some readers take for shorter characters, and by a
 * second line of data; such events may matter, too.
 */
final class EventScanner {
  /** Bytes are compared without case, as some readers compare names; these are in that form. */
  private static final long TOOL = word("tool_");

  private static final long CALL = word("_call");
  private static final long APPROVAL = word("_appr");

  /** Pieces of arguments, which Anthropic writes without saying that they are a call's. */
  private static final long PIECE = word("_json");

  private static final long FIVE = 0xFF_FFFF_FFFFL;
  private static final long ESCAPE = word("\\u00");
  private static final long FOUR = 0xFFFF_FFFFL;
  private static final int CASE = 0x20;

  private long window;
  private int lineLength;
  private int dataLines;
  private boolean carriageReturn;
  private boolean matters;

  private static long word(String word) {
    long value = 0;
    for (int i = 0; i < word.length(); i++) {
      value = (value << 8) | word.charAt(i) | CASE;
    }
    return value;
  }

  /** Whether the event that goes on or has just ended may carry a call. */
  boolean mayMatter() {
    return matters || dataLines > 1;
  }

  /** Another event begins. */
  void restart() {
    window = 0;
    lineLength = 0;
    dataLines = 0;
    carriageReturn = false;
    matters = false;
  }

  /**
   * Goes on up to the end of the event.
   *
   * @return where the next one begins; -1: it goes on
   */
  int endOfEvent(ByteBuffer bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      byte b = bytes.get(i);
      if (b == '\n') {
        carriageReturn = false;
        if (lineLength == 0) {
          return i + 1;
        }
        lineLength = 0;
        continue;
      }
      if (carriageReturn) {
        // By the standard a line ends here, but not every reader knows.
        throw new Unintelligible("a line ends in a carriage return alone");
      }
      if (b == '\r') {
        carriageReturn = true;
        continue;
      }
      look(b);
    }
    return -1;
  }

  /** The same for a document, which has no events. */
  void look(ByteBuffer bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      look(bytes.get(i));
    }
  }

  private void look(byte b) {
    if (b < 0) {
      matters |= isOverlong(b);
    }
    int folded = (b & 0xFF) | CASE;
    window = (window << 8) | folded;
    if (lineLength++ == 0 && !isOtherLine(folded)) {
      dataLines++;
    }
    switch (folded) {
      case '_' | CASE -> matters |= (window & FIVE) == TOOL;
      case 'l' -> matters |= (window & FIVE) == CALL;
      case 'r' -> matters |= (window & FIVE) == APPROVAL;
      case 'n' -> matters |= (window & FIVE) == PIECE;
      case '0' -> matters |= (window & FOUR) == ESCAPE;
      default -> {}
    }
  }

  /** A comment, or a line of another field than data, as far as its first byte tells. */
  private static boolean isOtherLine(int folded) {
    return folded == 'e' || folded == 'i' || folded == 'r' || folded == ':';
  }

  /** Whether it begins, or goes on, in a way that stands for a shorter character. */
  private boolean isOverlong(byte b) {
    int here = b & 0xFF;
    int before = (int) (window & 0xFF);
    // The window lost the bit of case: E0 and F0 have it, C0 and C1 are seen themselves.
    return here == 0xC0
        || here == 0xC1
        || (before == 0xE0 && here < 0xA0)
        || (before == 0xF0 && here < 0x90);
  }
}
