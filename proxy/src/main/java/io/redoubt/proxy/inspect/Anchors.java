package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The first look, which most bytes never get beyond: three bytes in a row, each reduced to one of
 * 64 classes, are looked up in a table of 32 KiB. What is looked for begins with, or soon has,
 * three bytes that seldom stand together elsewhere.
 */
final class Anchors {
  /** How far an anchor may stand behind the beginning of what it announces. */
  private static final int MAX_OFFSET = 8;

  private static final int BITS = 6;
  private static final int MASK = (1 << (3 * BITS)) - 1;
  private static final int SLOTS = 1 << 13;

  /** Any digit is 0 here, any letter lower case; whatever is not here is of class 0. */
  private static final String CLASSES = "\u0000abcdefghijklmnopqrstuvwxyz0@-_.+|<[/:=( ";

  private static final int DIGIT = CLASSES.indexOf('0');

  /** Bytes of UTF-8 that hidden characters are written with, in classes of their own. */
  private static final int[][] HIDDEN = {
    {0xE2}, {0x80}, {0x81}, {0x8B, 0x8C, 0x8D}, {0xAD, 0xAE}, {0xA0}, {0xF3}, {0xEF}, {0xBB}, {0xBF}
  };

  private static final byte[] CLASS = classes();

  /** English letters from the most to the least frequent. */
  private static final String FREQUENT = "zqxjkvbpgwyfmcudlhrsnioate";

  /** A matcher, and how far before the anchor what it looks at begins. */
  private record Entry(Matcher matcher, int offset) {}

  private final long[] table = new long[(MASK + 1) >>> 6];

  /** Those of them that begin a number and nothing else. */
  private final long[] numbers = new long[(MASK + 1) >>> 6];

  private final int[] keys = new int[SLOTS];
  private final Matcher[][] matchers = new Matcher[SLOTS][];
  private final int[][] offsets = new int[SLOTS][];
  private final int lead;

  private Anchors(Map<Integer, List<Entry>> entries) {
    int furthest = 0;
    for (var entry : entries.entrySet()) {
      int trigram = entry.getKey();
      table[trigram >>> 6] |= 1L << trigram;
      if (entry.getValue().stream().allMatch(it -> it.matcher() instanceof NumberMatcher)) {
        numbers[trigram >>> 6] |= 1L << trigram;
      }
      int slot = slot(trigram);
      while (matchers[slot] != null) {
        slot = slot + 1 & SLOTS - 1;
      }
      keys[slot] = trigram;
      matchers[slot] = entry.getValue().stream().map(Entry::matcher).toArray(Matcher[]::new);
      offsets[slot] = entry.getValue().stream().mapToInt(Entry::offset).toArray();
      for (int offset : offsets[slot]) {
        furthest = Math.max(furthest, offset);
      }
    }
    lead = furthest + 2;
  }

  /** The class trigram that one more byte makes of the last two. */
  static int next(int trigram, byte value) {
    return (trigram << BITS | CLASS[value & 0xFF]) & MASK;
  }

  /** The index of the first byte that ends an anchor that leads anywhere, or the end. */
  int find(byte[] bytes, int from, int end, int before) {
    long[] known = table;
    byte[] classes = CLASS;
    int trigram = before;
    for (int i = from; i < end; i++) {
      trigram = (trigram << BITS | classes[bytes[i] & 0xFF]) & MASK;
      if ((known[trigram >>> 6] & 1L << trigram) != 0
          && ((numbers[trigram >>> 6] & 1L << trigram) == 0
              || !PlainNumbers.isPlain(bytes, i - 1, end))) {
        return i;
      }
    }
    return end;
  }

  /** Lets every matcher of an anchor look; at is the index of the anchor's first byte. */
  void look(int trigram, Window window, int at) {
    int slot = slot(trigram);
    while (keys[slot] != trigram) {
      slot = slot + 1 & SLOTS - 1;
    }
    Matcher[] here = matchers[slot];
    for (int i = 0; i < here.length; i++) {
      here[i].match(window, at - offsets[slot][i]);
    }
  }

  /** How many bytes before the next unseen one an anchored literal may have begun. */
  int lead() {
    return lead;
  }

  private static int slot(int trigram) {
    return (trigram * 0x9E3779B1) >>> (32 - 13);
  }

  private static byte[] classes() {
    byte[] classes = new byte[256];
    for (int c = 0; c < 128; c++) {
      char folded = Character.isDigit(c) ? '0' : (char) Bytes.lower(c);
      classes[c] = (byte) Math.max(0, CLASSES.indexOf(folded));
    }
    for (byte white : new byte[] {'\t', '\n', '\r'}) {
      classes[white] = classes[' '];
    }
    for (int i = 0; i < HIDDEN.length; i++) {
      for (int c : HIDDEN[i]) {
        classes[c] = (byte) (CLASSES.length() + i);
      }
    }
    return classes;
  }

  /** Collects anchors. */
  static final class Builder {
    private final Map<Integer, List<Entry>> entries = new HashMap<>();

    /** Something that contains this ASCII text, in any case, somewhere near its beginning. */
    Builder literal(String literal, Matcher matcher) {
      String folded = literal.toLowerCase(Locale.ROOT);
      int best = 0;
      for (int i = 1; i <= Math.min(MAX_OFFSET, folded.length() - 3); i++) {
        if (frequency(folded, i) < frequency(folded, best)) {
          best = i;
        }
      }
      return bytes(
          folded.charAt(best), folded.charAt(best + 1), folded.charAt(best + 2), best, matcher);
    }

    /** Two digits after a letter, or after anything else; the literal begins with that. */
    Builder number(boolean afterLetter, Matcher matcher) {
      for (int before = 0; before < CLASSES.length() + HIDDEN.length; before++) {
        boolean isLetter = before > 0 && before < DIGIT;
        if (before != DIGIT && isLetter == afterLetter) {
          add(before << (2 * BITS) | DIGIT << BITS | DIGIT, 0, matcher);
        }
      }
      return this;
    }

    /** These bytes in the middle of letters, digits and what else may stand in a name. */
    Builder within(char middle, Matcher matcher) {
      String around = "abcdefghijklmnopqrstuvwxyz0-_.+";
      for (int i = 0; i < around.length(); i++) {
        for (int j = 0; j < around.length(); j++) {
          bytes(around.charAt(i), middle, around.charAt(j), 0, matcher);
        }
      }
      return this;
    }

    Builder bytes(int first, int second, int third, int offset, Matcher matcher) {
      return add(
          CLASS[first] << (2 * BITS) | CLASS[second] << BITS | CLASS[third], offset, matcher);
    }

    private Builder add(int trigram, int offset, Matcher matcher) {
      var known = entries.computeIfAbsent(trigram, _ -> new ArrayList<>());
      var entry = new Entry(matcher, offset);
      if (!known.contains(entry)) {
        known.add(entry);
      }
      return this;
    }

    Anchors build() {
      return new Anchors(entries);
    }

    /** Roughly; a letter counts by its rank, anything else as a letter of middling frequency. */
    private static int frequency(String text, int from) {
      int sum = 0;
      for (int i = from; i < from + 3; i++) {
        char c = text.charAt(i);
        int rank = FREQUENT.indexOf(c);
        // A dash and a space come in long rows.
        sum += c == '-' || c == ' ' ? FREQUENT.length() : rank < 0 ? FREQUENT.length() / 2 : rank;
      }
      return sum;
    }
  }
}
