package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import io.redoubt.content.Detector;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The part of a text that is at hand, and what a {@link Matcher} made of it. */
final class Window {
  private static final int MAX_RESULTS = 4;
  private static final int SMALLEST = 1024;

  private byte[] bytes = new byte[SMALLEST];
  private int end;
  private long base;
  private boolean last;
  private boolean starved;
  private final Detector[] detectors = new Detector[MAX_RESULTS];
  private final int[] froms = new int[MAX_RESULTS];
  private final int[] tos = new int[MAX_RESULTS];
  private final Confidence[] confidences = new Confidence[MAX_RESULTS];
  private final boolean[] closed = new boolean[MAX_RESULTS];
  private int results;
  private final Digits digits = new Digits();
  private final int[] counts = new int[256];
  private long looks;
  private int bareFrom; // from here to there stands no letter, as far as that was asked
  private int bareTo;

  /** A byte, or -1 before and after the text; also where there is none yet, which is remembered. */
  int at(int index) {
    looks++;
    if (index < 0) {
      return -1;
    }
    if (index < end) {
      return bytes[index] & 0xFF;
    }
    if (!last) {
      starved = true;
    }
    return -1;
  }

  boolean is(int index, int kinds) {
    return Bytes.is(at(index), kinds);
  }

  /** Where a run of bytes of these kinds ends, at most so many bytes long. */
  int run(int from, int kinds, int most) {
    int to = from;
    while (to - from < most && is(to, kinds)) {
      to++;
    }
    return to;
  }

  /** Where the run of bytes of these kinds that ends here begins. */
  int runBack(int to, int kinds, int most) {
    int from = to;
    while (to - from < most && is(from - 1, kinds)) {
      from--;
    }
    return from;
  }

  boolean has(int from, String literal) {
    for (int i = 0; i < literal.length(); i++) {
      if (at(from + i) != literal.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The same in either case; the literal is in lower case. */
  boolean hasIgnoringCase(int from, String literal) {
    for (int i = 0; i < literal.length(); i++) {
      if (Bytes.lower(at(from + i)) != literal.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether one of these, which begin with a lower-case letter, stands in the so many bytes before.
   */
  boolean hasBefore(int to, int within, String[] words) {
    int from = Math.max(0, to - within);
    boolean goesOn = from >= bareFrom && from <= bareTo;
    boolean bare = true;
    for (int i = goesOn ? bareTo : from; i < to; i++) {
      looks++;
      int first = Bytes.lower(bytes[i] & 0xFF);
      if (!Bytes.is(first, Bytes.LETTER)) {
        continue;
      }
      bare = false;
      for (String word : words) {
        if (word.charAt(0) == first && i + word.length() <= to && hasIgnoringCase(i, word)) {
          return true;
        }
      }
    }
    if (bare) {
      // In a table each number asks about nearly the same bytes as the one before it.
      bareFrom = goesOn ? bareFrom : from;
      bareTo = goesOn ? Math.max(bareTo, to) : to;
    }
    return false;
  }

  String text(int from, int to) {
    looks += to - from;
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }

  byte[] copy(int from, int to) {
    looks += to - from;
    return Arrays.copyOfRange(bytes, from, to);
  }

  /** Shannon entropy in bits per byte. */
  double entropy(int from, int to) {
    Arrays.fill(counts, 0);
    looks += to - from;
    for (int i = from; i < to; i++) {
      counts[bytes[i] & 0xFF]++;
    }
    double length = to - from;
    double sum = 0;
    for (int i = from; i < to; i++) {
      int count = counts[bytes[i] & 0xFF];
      if (count > 0) {
        sum -= count / length * (Math.log(count / length) / Math.log(2));
        counts[bytes[i] & 0xFF] = 0;
      }
    }
    return sum;
  }

  int distinct(int from, int to) {
    Arrays.fill(counts, 0);
    looks += to - from;
    int distinct = 0;
    for (int i = from; i < to; i++) {
      if (counts[bytes[i] & 0xFF]++ == 0) {
        distinct++;
      }
    }
    return distinct;
  }

  /** Room to work in, for one matcher at a time. */
  Digits digits() {
    return digits;
  }

  void found(Detector detector, int from, int to, Confidence confidence) {
    found(detector, from, to, confidence, true);
  }

  /** The same, of something that may be written around anything: others look inside of it, too. */
  void foundAround(Detector detector, int from, int to, Confidence confidence) {
    found(detector, from, to, confidence, false);
  }

  private void found(Detector detector, int from, int to, Confidence confidence, boolean isClosed) {
    if (results < MAX_RESULTS) {
      closed[results] = isClosed;
      detectors[results] = detector;
      froms[results] = from;
      tos[results] = to;
      confidences[results] = confidence;
      results++;
    }
  }

  /** How many bytes were looked at closely, each as often as it was: what matchers cost. */
  long looks() {
    return looks;
  }

  /** Begins to look at an anchor. */
  void reset() {
    results = 0;
    starved = false;
  }

  /** Whether something was asked for that is not there yet: what was found meanwhile is void. */
  boolean isStarved() {
    return starved;
  }

  int results() {
    return results;
  }

  int from(int result) {
    return froms[result];
  }

  int to(int result) {
    return tos[result];
  }

  /** Whether there is nothing else to be looked for in it. */
  boolean isClosed(int result) {
    return closed[result];
  }

  Finding finding(int result) {
    return Finding.of(
        detectors[result], base + froms[result], tos[result] - froms[result], confidences[result]);
  }

  byte[] bytes() {
    return bytes;
  }

  int end() {
    return end;
  }

  /** Of the first byte at hand, in the text. */
  long base() {
    return base;
  }

  boolean isLast() {
    return last;
  }

  void append(byte[] more, int from, int length) {
    if (bytes.length - end < length) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, end + length));
    }
    System.arraycopy(more, from, bytes, end, length);
    end += length;
  }

  /** Forgets the first bytes. */
  void drop(int count) {
    System.arraycopy(bytes, count, bytes, 0, end - count);
    end -= count;
    base += count;
    bareFrom = Math.max(0, bareFrom - count);
    bareTo = Math.max(0, bareTo - count);
  }

  void close() {
    last = true;
  }

  /** For another text. */
  void restart() {
    end = 0;
    base = 0;
    bareFrom = 0;
    bareTo = 0;
    last = false;
    reset();
  }
}
