package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import io.redoubt.content.Detector;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A sentence pattern, word by word: {@code ignore|forget {all|the}* previous|earlier rules}. One of
 * the words of a slot stands there; {@code {…}*} may be missing or hold up to five words.
 */
final class PhraseMatcher {
  private static final int MOST_OPTIONAL = 5;
  private static final int LONGEST_WORD = 24;
  private static final int LONGEST_GAP = 4;
  private static final String BETWEEN = " \t\r\n,\"'*_`~>:;-";

  /** One place in the pattern. */
  private record Slot(Set<String> words, int fewest, int most) {
    static Slot of(String text) {
      boolean optional = text.startsWith("{");
      String words = optional ? text.substring(1, text.indexOf('}')) : text;
      return new Slot(
          Set.of(words.split("\\|", -1)), optional ? 0 : 1, optional ? MOST_OPTIONAL : 1);
    }
  }

  private final List<Slot> slots = new ArrayList<>();
  private final boolean afterNegation;

  /**
   * @param afterNegation whether it means what is looked for only after "not" or "never"; otherwise
   *     only where neither stands before it
   */
  PhraseMatcher(String pattern, boolean afterNegation) {
    this.afterNegation = afterNegation;
    for (String slot : pattern.split(" ", -1)) {
      slots.add(Slot.of(slot));
    }
  }

  /** Each may be the first word; they have three letters or more. */
  Set<String> firstWords() {
    return slots.getFirst().words;
  }

  Matcher beginningWith(String word) {
    return (window, start) -> {
      if (window.hasIgnoringCase(start, word)) {
        match(window, start, start + word.length());
      }
    };
  }

  private void match(Window window, int start, int wordEnd) {
    if (window.is(start - 1, Bytes.WORD) || window.is(wordEnd, Bytes.WORD | Bytes.HIGH)) {
      return;
    }
    int end = rest(window, 1, 0, wordEnd);
    if (end > 0 && isNegated(window, start) == afterNegation) {
      window.found(Detector.INSTRUCTION_OVERRIDE, start, end, Confidence.FORM);
    }
  }

  /** Where the phrase ends that goes on with this slot behind this byte; -1: it does not. */
  private int rest(Window window, int slot, int taken, int from) {
    if (slot == slots.size()) {
      return from;
    }
    Slot here = slots.get(slot);
    int begin = nextWord(window, from);
    int end = begin < 0 ? -1 : wordEnd(window, begin);
    if (end > 0 && taken < here.most && here.words.contains(word(window, begin, end))) {
      boolean full = taken + 1 == here.most;
      int found = full ? rest(window, slot + 1, 0, end) : rest(window, slot, taken + 1, end);
      if (found > 0) {
        return found;
      }
    }
    return taken >= here.fewest ? rest(window, slot + 1, 0, from) : -1;
  }

  private static int nextWord(Window window, int from) {
    int at = from;
    int lines = 0;
    while (at - from <= LONGEST_GAP) {
      int c = window.at(at);
      if (Bytes.is(c, Bytes.LETTER | Bytes.HIGH)) {
        return at == from ? -1 : at;
      }
      lines += c == '\n' ? 1 : 0;
      if (c < 0 || lines > 1 || BETWEEN.indexOf(c) < 0) {
        return -1;
      }
      at++;
    }
    return -1;
  }

  private static int wordEnd(Window window, int from) {
    return window.run(from, Bytes.LETTER | Bytes.HIGH, LONGEST_WORD + 1);
  }

  private static String word(Window window, int from, int to) {
    return to - from > LONGEST_WORD ? "" : window.text(from, to).toLowerCase(Locale.ROOT);
  }

  private static boolean isNegated(Window window, int start) {
    return window.hasBefore(start, 7, new String[] {"not ", "n't ", "never ", "n’t "});
  }
}
