package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import io.redoubt.content.Detector;

/** International numbers, {@code +} in front (ITU-T E.164). The others are with other numbers. */
final class PhoneMatcher implements Matcher {
  private static final int FEWEST_DIGITS = 8;
  private static final int MOST_DIGITS = 15;

  /** Calling codes of two digits; one digit is 1 or 7, all others have three. */
  private static final String TWO_DIGITS =
      " 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64"
          + " 65 66 81 82 84 86 90 91 92 93 94 95 98 ";

  /** First two digits of those with three. */
  private static final String THREE_DIGITS =
      " 21 22 23 24 25 26 29 35 37 38 42 50 59 67 68 69 80 85 87 88 96 97 99 ";

  private static final int[] SEPARATORS = {' ', '-', '.', '(', ')', '/'};

  @Override
  public void match(Window window, int start) {
    if (window.is(start - 1, Bytes.WORD) || window.at(start - 1) == '+') {
      return;
    }
    int from = start;
    int at = start + 1;
    int to = at;
    int digits = 0;
    int groups = 1;
    long number = 0;
    while (digits <= MOST_DIGITS) {
      int c = window.at(at);
      if (Bytes.is(c, Bytes.DIGIT)) {
        digits++;
        number = number * 10 + c - '0';
        at++;
        to = at;
        continue;
      }
      int gap = gap(window, at);
      if (gap == 0) {
        break;
      }
      groups++;
      at += gap;
    }
    if (digits >= FEWEST_DIGITS
        && digits <= MOST_DIGITS
        && !window.is(to, Bytes.WORD)
        && isPlausible(Long.toString(number), groups)) {
      window.found(Detector.PHONE, from, to, Confidence.FORM);
    }
  }

  /** How many separators stand before the next digit; 0: too many, or others. */
  private static int gap(Window window, int at) {
    for (int i = 0; i < 3; i++) {
      if (window.is(at + i, Bytes.DIGIT)) {
        return i;
      }
      if (!isSeparator(window.at(at + i))) {
        return 0;
      }
    }
    return window.is(at + 3, Bytes.DIGIT) ? 3 : 0;
  }

  private static boolean isSeparator(int c) {
    for (int separator : SEPARATORS) {
      if (separator == c) {
        return true;
      }
    }
    return false;
  }

  private static boolean isPlausible(String number, int groups) {
    char first = number.charAt(0);
    if (first == '1') {
      return number.length() == 11 && isNorthAmerican(number, 1);
    }
    if (first == '7') {
      return number.length() == 11;
    }
    String code = ' ' + number.substring(0, 2);
    // Numbers that are written in one piece have to look like one: most signed integers do not.
    return (TWO_DIGITS.contains(code + ' ') && number.length() >= (groups > 1 ? 8 : 10))
        || (THREE_DIGITS.contains(code + ' ') && number.length() >= (groups > 1 ? 9 : 10));
  }

  /** Area and exchange begin with 2 to 9. */
  static boolean isNorthAmerican(String number, int from) {
    return number.charAt(from) >= '2' && number.charAt(from + 3) >= '2';
  }
}
