package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import io.redoubt.content.Detector;

/** Whatever is written in digits, alone or in groups: cards, phone numbers, national numbers. */
final class NumberMatcher implements Matcher {
  private static final int CONTEXT = 40;
  private static final int PHONE_CONTEXT = 16;
  private static final String[] PHONE = {
    "phone", "tel", "mobile", "fax", "call ", "whatsapp", "cell", "sms"
  };
  private static final String[] SSN = {"ssn", "social security", "social_security"};
  private static final String[] CPF = {"cpf"};
  private static final String[] PESEL = {"pesel"};
  private static final String[] AADHAAR = {"aadhaar", "aadhar", "uidai"};
  private static final String[] PLAIN_NINO = {"ni number", "national insurance", "nino"};

  @Override
  public void match(Window window, int start) {
    int from = start + 1;
    int before = window.at(start);
    if (Bytes.is(before, Bytes.WORD)
        || before == '+'
        || (isJoin(before) && window.is(start - 1, Bytes.DIGIT) && !isTrunk(window, start))) {
      return;
    }
    int first = window.run(from, Bytes.DIGIT, 20) - from;
    int after = window.at(from + first);
    boolean grouped = isJoin(after) && window.is(from + first + 1, Bytes.DIGIT);
    if (first > 19 || (!grouped && first < 6 && !(before == '(' && after == ')'))) {
      return;
    }
    if (Bytes.is(after, Bytes.WORD)) {
      lettered(window, from, first);
      return;
    }
    if (!grouped && (first == 6 || first == 7)) {
      shortNumber(window, from, first);
      return;
    }
    var digits = window.digits();
    digits.read(window, from);
    if (before == ' ' && first == 2 && nirOrNino(window, start, digits)) {
      return;
    }
    boolean isWhole = digits.groups() == 1 || (digits.separator(0) == ' ' && first >= 8);
    int to = isWhole ? whole(window, from, digits) : grouped(window, from, digits);
    if (to == 0) {
      phone(window, start, digits);
    }
  }

  /** Most numbers by far, so this goes before all reading of groups. */
  private static void shortNumber(Window window, int from, int length) {
    if (length == 6) {
      hetu(window, from);
    } else if (window.hasBefore(from, PHONE_CONTEXT, PHONE)) {
      window.found(Detector.PHONE, from, from + length, Confidence.CONTEXT);
    }
  }

  private static boolean isJoin(int c) {
    return c == ' ' || c == '-' || c == '.' || c == '/' || c == ',' || c == ':';
  }

  /** A space is between any two numbers, and 1- before a North American one is part of it. */
  private static boolean isTrunk(Window window, int start) {
    int join = window.at(start);
    return join == ' '
        || join == ','
        || join == '/'
        || join == ':'
        || (join == '-' && window.at(start - 1) == '1' && !window.is(start - 2, Bytes.WORD));
  }

  /** Eight digits and a letter, six and a century. */
  private static void lettered(Window window, int from, int length) {
    int after = from + length;
    if (length == 8 && !window.is(after + 1, Bytes.WORD)) {
      dni(window, from, value(window, from, 8), after);
    } else if (length == 6) {
      hetu(window, from);
    }
  }

  private static void dni(Window window, int from, int number, int letter) {
    if (window.is(letter, Bytes.LETTER) && CheckDigits.dni(number, window.at(letter))) {
      window.found(Detector.ES_DNI, from, letter + 1, Confidence.CHECKED);
    }
  }

  private static void hetu(Window window, int from) {
    int century = window.at(from + 6);
    if (century != '-'
        && century != '+'
        && !(century >= 'A' && century <= 'F')
        && !(century >= 'U' && century <= 'Y')) {
      return;
    }
    byte[] digits = new byte[9];
    for (int i = 0; i < 9; i++) {
      int c = window.at(from + i + (i < 6 ? 0 : 1));
      if (!Bytes.is(c, Bytes.DIGIT)) {
        return;
      }
      digits[i] = (byte) (c - '0');
    }
    if (!window.is(from + 11, Bytes.WORD) && CheckDigits.hetu(digits, window.at(from + 10))) {
      window.found(Detector.FI_HETU, from, from + 11, Confidence.CHECKED);
    }
  }

  /** One group, whatever stands behind it; the end of what was found, or 0. */
  private static int whole(Window window, int from, Digits digits) {
    int length = digits.length(0);
    int to = digits.end(0);
    byte[] all = digits.all();
    switch (length) {
      case 6 -> hetu(window, from);
      case 8 -> {
        if (window.at(to) == '-' && !window.is(to + 2, Bytes.WORD)) {
          dni(window, from, value(window, from, 8), to + 1);
        }
      }
      case 9 -> {
        if (isSsn(digits) && window.hasBefore(from, CONTEXT, SSN)) {
          return found(window, Detector.US_SSN, from, to, Confidence.CONTEXT);
        }
      }
      case 11 -> {
        if (CheckDigits.pesel(all) && window.hasBefore(from, CONTEXT, PESEL)) {
          return found(window, Detector.PL_PESEL, from, to, Confidence.CHECKED);
        }
        if (CheckDigits.cpf(all) && window.hasBefore(from, CONTEXT, CPF)) {
          return found(window, Detector.BR_CPF, from, to, Confidence.CHECKED);
        }
        if (CheckDigits.steuerId(all)) {
          return found(window, Detector.DE_STEUER_ID, from, to, Confidence.CHECKED);
        }
      }
      case 12 -> {
        if (isAadhaar(digits) && window.hasBefore(from, CONTEXT, AADHAAR)) {
          return found(window, Detector.IN_AADHAAR, from, to, Confidence.CHECKED);
        }
      }
      case 15 -> {
        if (CheckDigits.nir(all, 0)) {
          return found(window, Detector.FR_NIR, from, to, Confidence.CHECKED);
        }
        return card(window, from, to, digits, length);
      }
      default -> {
        return card(window, from, to, digits, length);
      }
    }
    return window.results() == 0 ? 0 : to;
  }

  /** Several groups; the end of what was found, or 0. */
  private static int grouped(Window window, int from, Digits digits) {
    int separator = digits.separator(0);
    if (separator == '-' && digits.startsWith('-', 6)) {
      hetu(window, from);
      return window.results() == 0 ? 0 : from + 11;
    }
    if (digits.startsWith('.', 2, 3, 3)) {
      int to = digits.end(2);
      if (window.at(to) == '-' && !window.is(to + 2, Bytes.WORD)) {
        int number = 0;
        for (int i = 0; i < 8; i++) {
          number = number * 10 + digits.digit(i);
        }
        dni(window, from, number, to + 1);
      }
      return window.results() == 0 ? 0 : to;
    }
    if (digits.startsWith(separator, 3, 2, 4) && endsAt(window, digits, 2) && isSsn(digits)) {
      if (separator == '-') {
        return found(window, Detector.US_SSN, from, digits.end(2), Confidence.FORM);
      }
      if (window.hasBefore(from, CONTEXT, SSN)) {
        return found(window, Detector.US_SSN, from, digits.end(2), Confidence.CONTEXT);
      }
    }
    if (digits.startsWith('.', 3, 3, 3)
        && digits.groups() >= 4
        && digits.separator(2) == '-'
        && digits.length(3) == 2
        && endsAt(window, digits, 3)
        && CheckDigits.cpf(digits.all())) {
      return found(window, Detector.BR_CPF, from, digits.end(3), Confidence.CHECKED);
    }
    if (digits.startsWith(' ', 2, 3, 3, 3)
        && endsAt(window, digits, 3)
        && CheckDigits.steuerId(digits.all())) {
      return found(window, Detector.DE_STEUER_ID, from, digits.end(3), Confidence.CHECKED);
    }
    return groupedCard(window, from, digits);
  }

  private static int groupedCard(Window window, int from, Digits digits) {
    int separator = digits.separator(0);
    if (separator == '.') {
      return 0;
    }
    if (digits.startsWith(separator, 4, 4, 4, 4)) {
      if (digits.groups() > 4
          && digits.separator(3) == separator
          && digits.length(4) == 3
          && endsAt(window, digits, 4)) {
        int to = card(window, from, digits.end(4), digits, 19);
        if (to > 0) {
          return to;
        }
      }
      return endsAt(window, digits, 3) ? card(window, from, digits.end(3), digits, 16) : 0;
    }
    if (digits.startsWith(separator, 4, 6, 5) && endsAt(window, digits, 2)) {
      return card(window, from, digits.end(2), digits, 15);
    }
    if (digits.startsWith(separator, 4, 6, 4) && endsAt(window, digits, 2)) {
      return card(window, from, digits.end(2), digits, 14);
    }
    if (digits.startsWith(separator, 4, 4, 4)
        && endsAt(window, digits, 2)
        && isAadhaar(digits)
        && !(window.at(from - 1) == separator && window.is(from - 2, Bytes.DIGIT))
        && !(digits.groups() > 3 && digits.separator(2) == separator)) {
      return found(window, Detector.IN_AADHAAR, from, digits.end(2), Confidence.CHECKED);
    }
    return 0;
  }

  /** Nothing follows that would make it part of a longer number. */
  private static boolean endsAt(Window window, Digits digits, int group) {
    int to = digits.end(group);
    int after = window.at(to);
    return !Bytes.is(after, Bytes.WORD)
        && !((after == '-' || after == '.') && window.is(to + 1, Bytes.DIGIT));
  }

  private static int card(Window window, int from, int to, Digits digits, int length) {
    return PaymentCards.isCard(digits, length)
        ? found(window, Detector.PAYMENT_CARD, from, to, Confidence.CHECKED)
        : 0;
  }

  private static boolean isSsn(Digits digits) {
    int area = 100 * digits.digit(0) + 10 * digits.digit(1) + digits.digit(2);
    int group = 10 * digits.digit(3) + digits.digit(4);
    int serial = 0;
    for (int i = 5; i < 9; i++) {
      serial = 10 * serial + digits.digit(i);
    }
    return area != 0 && area != 666 && area < 900 && group != 0 && serial != 0;
  }

  private static boolean isAadhaar(Digits digits) {
    return digits.digit(0) >= 2 && CheckDigits.verhoeff(digits.all(), 12);
  }

  /**
   * What begins one group earlier: {@code 1 85 05 78 006 084 36} and {@code AB 12 34 56 C}, since a
   * single digit or two letters are no anchor.
   */
  private static boolean nirOrNino(Window window, int start, Digits digits) {
    int sex = window.at(start - 1);
    if ((sex == '1' || sex == '2')
        && !window.is(start - 2, Bytes.WORD)
        && digits.startsWith(' ', 2, 2, 2, 3, 3, 2)
        && endsAt(window, digits, 5)) {
      byte[] all = new byte[15];
      all[0] = (byte) (sex - '0');
      System.arraycopy(digits.all(), 0, all, 1, 14);
      if (CheckDigits.nir(all, 0)) {
        window.found(Detector.FR_NIR, start - 1, digits.end(5), Confidence.CHECKED);
        return true;
      }
    }
    if (window.is(start - 1, Bytes.UPPER)
        && window.is(start - 2, Bytes.UPPER)
        && !window.is(start - 3, Bytes.WORD)
        && digits.startsWith(' ', 2, 2, 2)
        && window.at(digits.end(2)) == ' '
        && LetterNumberMatcher.isNino(window.at(start - 2), window.at(start - 1))) {
      int suffix = digits.end(2) + 1;
      int c = window.at(suffix);
      if (c >= 'A' && c <= 'D' && !window.is(suffix + 1, Bytes.WORD)) {
        var known = window.hasBefore(start - 2, CONTEXT, PLAIN_NINO);
        window.found(
            Detector.GB_NINO, start - 2, suffix + 1, known ? Confidence.CONTEXT : Confidence.FORM);
        return true;
      }
    }
    return false;
  }

  /** National ways of writing phone numbers; most need a word that says so. */
  private static void phone(Window window, int start, Digits digits) {
    int from = start + 1;
    int area = digits.end(0);
    if (window.at(start) == '(' && digits.length(0) == 3 && window.at(area) == ')') {
      int rest = window.at(area + 1) == ' ' ? area + 2 : area + 1;
      int middle = window.run(rest, Bytes.DIGIT, 4);
      int end = window.run(middle + 1, Bytes.DIGIT, 5);
      if (middle - rest == 3
          && end - middle == 5
          && (window.at(middle) == '-' || window.at(middle) == ' ' || window.at(middle) == '.')
          && !window.is(end, Bytes.WORD)
          && window.at(from) >= '2'
          && window.at(rest) >= '2') {
        window.found(Detector.PHONE, start, end, Confidence.FORM);
      }
      return;
    }
    int separator = digits.separator(0);
    if ((separator == '-' || separator == '.')
        && digits.startsWith(separator, 3, 3, 4)
        && endsAt(window, digits, 2)
        && digits.digit(0) >= 2
        && digits.digit(3) >= 2) {
      window.found(Detector.PHONE, from, digits.end(2), Confidence.FORM);
      return;
    }
    int last = digits.groups() - 1;
    if (digits.total() >= 7
        && digits.total() <= 15
        && endsAt(window, digits, last)
        && window.hasBefore(from, PHONE_CONTEXT, PHONE)) {
      window.found(Detector.PHONE, from, digits.end(last), Confidence.CONTEXT);
    }
  }

  private static int value(Window window, int from, int length) {
    int value = 0;
    for (int i = from; i < from + length; i++) {
      value = value * 10 + window.at(i) - '0';
    }
    return value;
  }

  private static int found(
      Window window, Detector detector, int from, int to, Confidence confidence) {
    window.found(detector, from, to, confidence);
    return to;
  }
}
