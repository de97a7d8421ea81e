package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import java.util.function.Consumer;

/** Looks for everything that has anchors in one text, whatever pieces the text comes in. */
final class TextScan implements Part {
  /** An e-mail address may begin so far before its @. */
  private static final int LONGEST_LOCAL = 66;

  private final Anchors anchors;
  private final Window window;
  private final Consumer<Finding> findings;
  private int next; // the first byte that no anchor was looked for at
  private int covered; // what is before this is part of a finding that holds no other
  private int enough; // an anchor that lacked bytes is looked at again when there are so many

  TextScan(Anchors anchors, Window window, Consumer<Finding> findings) {
    this.anchors = anchors;
    this.window = window;
    this.findings = findings;
  }

  @Override
  public void advance() {
    int end = window.end();
    if (end < enough && !window.isLast()) {
      return;
    }
    while (next < end) {
      int trigram = trigramBefore(next);
      int at = anchors.find(window.bytes(), next, end, trigram);
      if (at == end) {
        next = end;
        return;
      }
      next = at;
      window.reset();
      anchors.look(Anchors.next(trigramBefore(at), window.bytes()[at]), window, at - 2);
      if (window.isStarved()) {
        // Geometric, so that a text that comes byte by byte is not looked at as often as it has
        // bytes.
        enough = end + 1 + ((end - at) >> 3);
        return;
      }
      accept();
      next = Math.max(at + 1, covered);
    }
  }

  private int trigramBefore(int index) {
    int trigram = 0;
    for (int i = Math.max(0, index - 2); i < index; i++) {
      trigram = Anchors.next(trigram, window.bytes()[i]);
    }
    return trigram;
  }

  /** The first finding has a place for itself: what overlaps it says the same less well. */
  private void accept() {
    for (int i = 0; i < window.results(); i++) {
      if (window.from(i) >= covered) {
        findings.accept(window.finding(i));
        if (window.isClosed(i)) {
          covered = window.to(i);
        }
      }
    }
  }

  @Override
  public int settled() {
    if (window.isLast() && next == window.end()) {
      return next;
    }
    int sign = window.at(next - 1) == '@' ? next - 1 : next;
    int begun = Math.min(next - anchors.lead(), window.runBack(sign, Bytes.LOCAL, LONGEST_LOCAL));
    return Math.max(0, Math.max(begun, covered));
  }

  @Override
  public int needed() {
    return Math.max(0, next - Matcher.LOOK_BEHIND);
  }

  @Override
  public void dropped(int count) {
    next -= count;
    covered = Math.max(0, covered - count);
    enough = Math.max(0, enough - count);
  }

  @Override
  public void restart() {
    next = 0;
    covered = 0;
    enough = 0;
  }
}
