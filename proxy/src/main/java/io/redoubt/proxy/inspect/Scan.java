package io.redoubt.proxy.inspect;

import io.redoubt.content.CustomPatterns;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One text, read piece by piece, with the same findings wherever it was cut. Memory is bounded by
 * what a finding may span, and in an ordinary text it is a kilobyte. For one thread at a time.
 */
public final class Scan {
  /** Of further findings the first of each detector is kept, and the others are counted. */
  static final int MOST_FINDINGS = 1000;

  private static final int PIECE = 16 * 1024;

  private final Window window = new Window();
  private final List<Part> parts = new ArrayList<>();
  private final Set<String> late = new HashSet<>();
  private List<Finding> findings = new ArrayList<>();
  private int kept;
  private long more;
  private long settled;

  Scan(CustomPatterns patterns) {
    look(patterns, this::keep);
  }

  /** Findings go where this says, all of them, and none are kept here. */
  Scan(CustomPatterns patterns, Consumer<Finding> found) {
    look(patterns, found);
  }

  private void look(CustomPatterns patterns, Consumer<Finding> found) {
    parts.add(new TextScan(BuiltIn.ANCHORS, window, found));
    for (CustomPatterns.Ready pattern : patterns.all()) {
      if (pattern.automaton() != null) {
        parts.add(new AutomatonScan(pattern.name(), pattern.automaton(), window, found));
      }
      if (pattern.words() != null) {
        parts.add(new WordListScan(pattern.name(), pattern.words(), window, found));
      }
    }
  }

  private void keep(Finding finding) {
    if (kept < MOST_FINDINGS || late.add(finding.detector())) {
      kept++;
      findings.add(finding);
    } else {
      more++;
    }
  }

  /** Reads the next piece, which is copied. */
  public void feed(byte[] bytes, int from, int length) {
    if (window.isLast()) {
      throw new IllegalStateException("the text has ended");
    }
    for (int at = 0; at < length; at += PIECE) {
      window.append(bytes, from + at, Math.min(PIECE, length - at));
      advance();
    }
  }

  /** The text is whole: what was undecided is decided. */
  public void end() {
    window.close();
    advance();
  }

  /** Another text, for which the limit of findings goes on. */
  void restart() {
    window.restart();
    parts.forEach(Part::restart);
    settled = 0;
  }

  private void advance() {
    int first = Integer.MAX_VALUE;
    int needed = Integer.MAX_VALUE;
    for (Part part : parts) {
      part.advance();
      first = Math.min(first, part.settled());
      needed = Math.min(needed, part.needed());
    }
    settled = Math.max(settled, window.base() + first);
    int old = Math.min(first, needed);
    // Not each time, so that a text that comes byte by byte is not moved as often.
    if (old > window.end() / 2) {
      window.drop(old);
      for (Part part : parts) {
        part.dropped(old);
      }
    }
  }

  /**
   * How many bytes of the text, from its beginning, no further finding will begin in: what is
   * before this and in no finding may be passed on.
   */
  public long settled() {
    return settled;
  }

  /** What was found since this was last asked. */
  public List<Finding> take() {
    var taken = findings;
    findings = new ArrayList<>();
    return taken;
  }

  /** How many findings there were beyond those that are kept of one text. */
  public long more() {
    return more;
  }

  /** What it cost beyond the first look, in bytes looked at. */
  long looks() {
    return window.looks();
  }

  /** Bytes held. */
  int held() {
    return window.bytes().length;
  }
}
