package io.redoubt.proxy.inspect;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/**
 * A text on its way, with what must not pass replaced: {@code [REDACTED:email]}. Holds back only
 * what may still turn out to be part of something.
 */
public final class Redaction {
  /** What stands in the place of a finding is no longer than this. */
  public static final int LONGEST_MARKER = 64;

  private final Scan scan;
  private final Predicate<Finding> isRedacted;
  private final List<Finding> pending = new ArrayList<>();
  private final List<Finding> findings = new ArrayList<>();
  private byte[] held = new byte[0];
  private long passed; // of the text; the first byte held is the next one

  /**
   * A text that begins.
   *
   * @param isRedacted which findings are replaced
   */
  public Redaction(Inspector inspector, Predicate<Finding> isRedacted) {
    this.isRedacted = isRedacted;
    this.scan = inspector.open(this::found);
  }

  /** What stands in the place of a finding. */
  static String marker(Finding finding) {
    return "[REDACTED:" + finding.detector() + ']';
  }

  /** Takes the next piece, and gives what may go out now. */
  public byte[] feed(byte[] bytes, int from, int length) {
    byte[] all = new byte[held.length + length];
    System.arraycopy(held, 0, all, 0, held.length);
    System.arraycopy(bytes, from, all, held.length, length);
    held = all;
    scan.feed(bytes, from, length);
    return release(scan.settled());
  }

  /** The text is whole; gives the rest. */
  public byte[] end() {
    scan.end();
    return release(passed + held.length);
  }

  /** What was found since this was last asked, redacted or not; the first thousand of it. */
  public List<Finding> take() {
    var taken = List.copyOf(findings);
    findings.clear();
    return taken;
  }

  /** However many there are: one that was not kept would pass. */
  private void found(Finding finding) {
    if (isRedacted.test(finding)) {
      pending.add(finding);
    }
    if (findings.size() < Scan.MOST_FINDINGS) {
      findings.add(finding);
    }
  }

  /** What comes before that, in the text, with what was found in it replaced. */
  private byte[] release(long settled) {
    pending.sort(Comparator.comparingLong(Finding::offset));
    var out = new ByteArrayOutputStream();
    long begun = passed;
    while (!pending.isEmpty() && pending.getFirst().offset() < settled) {
      Finding finding = pending.removeFirst();
      if (finding.end() <= passed) {
        continue; // inside of another
      }
      if (finding.offset() >= passed) {
        write(out, begun, passed, finding.offset());
        out.writeBytes(marker(finding).getBytes(StandardCharsets.UTF_8));
      }
      passed = finding.end();
    }
    if (passed < settled) {
      write(out, begun, passed, settled);
      passed = settled;
    }
    int gone = (int) Math.min(held.length, passed - begun);
    byte[] rest = new byte[held.length - gone];
    System.arraycopy(held, gone, rest, 0, rest.length);
    held = rest;
    return out.toByteArray();
  }

  private void write(ByteArrayOutputStream out, long begun, long from, long to) {
    out.write(held, (int) (from - begun), (int) (to - from));
  }
}
