package io.redoubt.proxy.inspect;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Predicate;

/**
 * The beginning of a text that is too long to be shown. It ends before whatever would be shown in
 * part: whoever redacts it later looks at the excerpt alone, and knows half of a key from nothing.
 */
public final class Excerpt {
  private final Inspector inspector;
  private final Predicate<Finding> isPrivate;

  /**
   * Excerpts of which others redact what is found in them.
   *
   * @param isPrivate which findings they redact
   */
  public Excerpt(Inspector inspector, Predicate<Finding> isPrivate) {
    this.inspector = inspector;
    this.isPrivate = isPrivate;
  }

  /**
   * The beginning of a text.
   *
   * @param text as much of it as is at hand; with more of it than is shown, less has to be left out
   * @param isWhole whether that is all of it
   * @param most characters of it
   * @return all of it, or at most so many characters
   */
  public String of(String text, boolean isWhole, int most) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int end =
        text.length() <= most
            ? bytes.length
            : text.substring(0, most).getBytes(StandardCharsets.UTF_8).length;
    return new String(
        bytes,
        0,
        isWhole && end == bytes.length ? end : end(bytes, isWhole, end),
        StandardCharsets.UTF_8);
  }

  private int end(byte[] text, boolean isWhole, int most) {
    var found = new ArrayList<Finding>();
    long known = look(text, text.length, isWhole, found);
    int end = wholeCharacters(text, (int) Math.min(most, known));
    int before = end + 1;
    while (end < before) {
      before = end;
      end = wholeCharacters(text, endBefore(found, shown(text, end), end));
    }
    return end;
  }

  /** Finds what must not be shown in part; answers up to where nothing else can begin. */
  private long look(byte[] text, int length, boolean isWhole, List<Finding> found) {
    var scan =
        inspector.open(finding -> {
          if (isPrivate.test(finding)) {
            found.add(finding);
          }
        });
    scan.feed(text, 0, length);
    if (isWhole) {
      scan.end();
      return length;
    }
    return scan.settled();
  }

  /** What whoever sees no more than that finds in it. */
  private BitSet shown(byte[] text, int end) {
    var found = new ArrayList<Finding>();
    look(text, end, true, found);
    var bytes = new BitSet(end);
    found.forEach(each -> bytes.set((int) each.offset(), (int) each.end()));
    return bytes;
  }

  /** Some things are known by what follows on them, so that they may be whole and found no more. */
  private static int endBefore(List<Finding> found, BitSet shown, int end) {
    int to = end;
    for (Finding each : found) {
      int from = (int) each.offset();
      if (from < to && (each.end() > end || shown.nextClearBit(from) < each.end())) {
        to = from;
      }
    }
    return to;
  }

  private static int wholeCharacters(byte[] text, int end) {
    int to = end;
    while (to > 0 && to < text.length && (text[to] & 0xC0) == 0x80) {
      to--;
    }
    return to;
  }
}
