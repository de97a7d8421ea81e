package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import io.redoubt.content.Detector;

/**
 * A secret that says by its first characters what it is.
 *
 * @param prefix in its exact case
 * @param kinds of the bytes behind the prefix
 * @param fewest of them, and at most so many; with more it is something else
 */
record TokenMatcher(Detector detector, String prefix, int kinds, int fewest, int most)
    implements Matcher {
  /** So few different characters are a stand-in, such as {@code xxxx…}. */
  private static final int DISTINCT = 6;

  @Override
  public void match(Window window, int start) {
    if (!window.has(start, prefix) || window.is(start - 1, Bytes.WORD)) {
      return;
    }
    int body = start + prefix.length();
    int to = window.run(body, kinds, most + 1);
    while (to > body && (window.at(to - 1) == '-' || window.at(to - 1) == '.')) {
      to--; // the end of a sentence, or of a range
    }
    if (to - body < fewest
        || to - body > most
        || window.is(to, Bytes.WORD)
        || window.distinct(body, to) <= DISTINCT
        || !isRandom(window, body, to)) {
      return;
    }
    window.found(detector, start, to, Confidence.FORM);
  }

  /** Random characters hold digits and letters; names that people give, mostly not. */
  private static boolean isRandom(Window window, int from, int to) {
    int digits = 0;
    int letters = 0;
    for (int i = from; i < to; i++) {
      digits += window.is(i, Bytes.DIGIT) ? 1 : 0;
      letters += window.is(i, Bytes.LETTER) ? 1 : 0;
    }
    return letters > 0 && (digits > 0 || window.entropy(from, to) > 4);
  }
}
