package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;

/**
 * Groups of digits with one separator between any two of them, as numbers are written: {@code 4111
 * 1111 1111 1111}, {@code 123.456.789-09}.
 */
final class Digits {
  private static final int MAX_DIGITS = 24;
  private static final int MAX_GROUPS = 8;

  private final byte[] digits = new byte[MAX_DIGITS];
  private final int[] lengths = new int[MAX_GROUPS];
  private final int[] separators = new int[MAX_GROUPS];
  private final int[] ends = new int[MAX_GROUPS];
  private int groups;
  private int total;

  /** Reads as many groups as there are, and as there is room for. */
  void read(Window window, int from) {
    groups = 0;
    total = 0;
    int at = from;
    while (groups < MAX_GROUPS) {
      int begin = at;
      while (window.is(at, Bytes.DIGIT) && total < MAX_DIGITS) {
        digits[total++] = (byte) (window.at(at) - '0');
        at++;
      }
      lengths[groups] = at - begin;
      ends[groups] = at;
      separators[groups] = 0;
      groups++;
      int separator = window.at(at);
      if (total == MAX_DIGITS
          || (separator != ' ' && separator != '-' && separator != '.')
          || !window.is(at + 1, Bytes.DIGIT)) {
        return;
      }
      separators[groups - 1] = separator;
      at++;
    }
  }

  int groups() {
    return groups;
  }

  int length(int group) {
    return lengths[group];
  }

  /** Where a group ends in the window. */
  int end(int group) {
    return ends[group];
  }

  /** What stands between a group and the next; 0: nothing that belongs to the number. */
  int separator(int group) {
    return separators[group];
  }

  int total() {
    return total;
  }

  int digit(int index) {
    return digits[index];
  }

  byte[] all() {
    return digits;
  }

  /** Whether the first groups have these lengths, one separator between them all. */
  boolean startsWith(int separator, int... wanted) {
    if (groups < wanted.length) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      if (lengths[i] != wanted[i] || (i > 0 && separators[i - 1] != separator)) {
        return false;
      }
    }
    return true;
  }
}
