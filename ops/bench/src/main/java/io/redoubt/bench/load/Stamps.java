package io.redoubt.bench.load;

import java.util.function.LongConsumer;

/**
 * Finds the times that the upstream wrote into its chunks, {@code @} and {@link System#nanoTime()}
 * in digits and {@code @}, in a body that arrives in pieces of any size. On Linux every JVM's
 * {@code nanoTime()} is the machine's monotonic clock, so two processes may compare theirs.
 */
public final class Stamps {
  private static final char MARK = '@';

  private final LongConsumer found;
  private boolean inside;
  private int digits;
  private long value;

  public Stamps(LongConsumer found) {
    this.found = found;
  }

  /** The text to write for now. */
  public static String now() {
    return MARK + Long.toString(System.nanoTime()) + MARK;
  }

  public void scan(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      byte next = bytes[i];
      if (next == MARK) {
        mark();
      } else if (inside) {
        int digit = next - '0';
        inside = digit >= 0 && digit <= 9;
        value = 10 * value + digit;
        digits++;
      }
    }
  }

  private void mark() {
    if (inside && digits > 0) {
      found.accept(value);
      inside = false;
    } else {
      inside = true;
      digits = 0;
      value = 0;
    }
  }
}
