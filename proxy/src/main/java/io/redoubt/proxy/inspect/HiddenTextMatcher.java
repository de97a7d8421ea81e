package io.redoubt.proxy.inspect;

import io.redoubt.content.Detector;

/**
 * Characters that a person does not see and a model reads: tag characters (U+E0020 to U+E007F),
 * rows of zero-width characters, and overrides of the writing direction. Flags are written with
 * tags, and joined emoji with single zero-width joiners; neither is reported.
 */
final class HiddenTextMatcher implements Matcher {
  private static final int LONGEST = 8 * 1024;
  private static final int SHORTEST_ROW = 3;

  /** Bytes of the tags that make a flag of a flag. */
  private static final int LONGEST_FLAG = 4 * 7;

  @Override
  public void match(Window window, int start) {
    switch (window.at(start)) {
      case 0xF3 -> tags(window, start);
      case 0xE2 -> {
        if (window.at(start + 1) == 0x80
            && (window.at(start + 2) == 0xAD || window.at(start + 2) == 0xAE)) {
          window.found(Detector.HIDDEN_TEXT, start, start + 3, Confidence.FORM);
        } else {
          row(window, start);
        }
      }
      default -> row(window, start);
    }
  }

  private static void tags(Window window, int start) {
    int to = start;
    while (to - start < LONGEST && isTag(window, to)) {
      to += 4;
    }
    int first = start;
    while (start - first < LONGEST_FLAG && isTag(window, first - 4)) {
      first -= 4;
    }
    boolean flag =
        window.at(first - 4) == 0xF0
            && window.at(first - 3) == 0x9F
            && window.at(first - 2) == 0x8F
            && window.at(first - 1) == 0xB4
            && to - first <= LONGEST_FLAG;
    if (to > start && !flag) {
      window.found(Detector.HIDDEN_TEXT, start, to, Confidence.FORM);
    }
  }

  private static boolean isTag(Window window, int at) {
    return window.at(at) == 0xF3
        && window.at(at + 1) == 0xA0
        && (window.at(at + 2) == 0x80 || window.at(at + 2) == 0x81)
        && window.at(at + 3) >= 0x80;
  }

  private static void row(Window window, int start) {
    int to = start;
    while (to - start < LONGEST && isZeroWidth(window, to)) {
      to += 3;
    }
    if (to - start >= 3 * SHORTEST_ROW) {
      window.found(Detector.HIDDEN_TEXT, start, to, Confidence.FORM);
    }
  }

  private static boolean isZeroWidth(Window window, int at) {
    int first = window.at(at);
    if (first == 0xE2) {
      int second = window.at(at + 1);
      int third = window.at(at + 2);
      return (second == 0x80 && third >= 0x8B && third <= 0x8D)
          || (second == 0x81 && third == 0xA0);
    }
    return first == 0xEF && window.at(at + 1) == 0xBB && window.at(at + 2) == 0xBF;
  }
}
