package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Tells numbers in which {@link NumberMatcher} finds nothing: the numbers of tables, dates and
 * times, which are most by far. It reads eight bytes at a time and decides by lengths and by what
 * stands around; of what it does not know for certain it says nothing.
 */
final class PlainNumbers {
  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long EACH = 0x0101010101010101L;
  private static final long HIGH = 0x8080808080808080L;
  private static final long LOW = 0x7F7F7F7F7F7F7F7FL;

  /** So far back a word may say what a number is. */
  private static final int CONTEXT = 40;

  /** So far ahead it may look. */
  private static final int AHEAD = 32;

  /** Of longer ones some are found without a word in front. */
  private static final int LONGEST = 10;

  private PlainNumbers() {}

  /**
   * Whether nothing is found in the number that begins here; false: that is not certain.
   *
   * @param from its first digit, of at least two, with no digit before it
   */
  static boolean isPlain(byte[] bytes, int from, int end) {
    if (from < CONTEXT || from + AHEAD > end) {
      return false;
    }
    int before = bytes[from - 1];
    int length = digits(bytes, from);
    int to = from + length;
    int after = bytes[to] & 0xFF;
    if (length > LONGEST || before == '(' || before == '+') {
      return false;
    }
    if (Bytes.is(after, Bytes.WORD)) {
      return length != 6 && length != 8;
    }
    boolean isJoined = after == ' ' || after == '-' || after == '.';
    if (isJoined && Bytes.is(bytes[to + 1], Bytes.DIGIT)) {
      return !(length == 6 && after == '-') && !isGrouped(bytes, length, to) && isBare(bytes, from);
    }
    return length < 6 || (after != '-' && after != '+' && (length == 6 || isBare(bytes, from)));
  }

  /**
   * Whether it has the first two groups of something that is written in three or more of them, with
   * one separator between them all.
   */
  private static boolean isGrouped(byte[] bytes, int length, int to) {
    int next = digits(bytes, to + 1);
    int end = to + 1 + next;
    return bytes[end] == bytes[to]
        && Bytes.is(bytes[end + 1], Bytes.DIGIT)
        && switch (length) {
          case 2, 3 -> next == 2 || next == 3;
          case 4 -> next == 4 || next == 6;
          default -> false;
        };
  }

  /** How many there are, up to sixteen. */
  private static int digits(byte[] bytes, int at) {
    int first = leadingDigits((long) EIGHT.get(bytes, at));
    return first < 8 ? first : 8 + leadingDigits((long) EIGHT.get(bytes, at + 8));
  }

  private static int leadingDigits(long eight) {
    long offsets = eight ^ ('0' * EACH);
    // The high bit of each byte that is not 0 to 9; no byte carries into the next.
    long others = (((offsets & LOW) + (0x80 - 10) * EACH) | offsets) & HIGH;
    return Long.numberOfTrailingZeros(others) >>> 3;
  }

  /** Whether no letter stands in the bytes before. */
  private static boolean isBare(byte[] bytes, int from) {
    long found = 0;
    for (int at = from - CONTEXT; at < from; at += 8) {
      found |= fromAOn((long) EIGHT.get(bytes, at));
    }
    return found == 0;
  }

  /** The high bit of each byte that is {@code A} or more. */
  private static long fromAOn(long eight) {
    return (((eight & LOW) + (0x80 - 'A') * EACH) | eight) & HIGH;
  }
}
