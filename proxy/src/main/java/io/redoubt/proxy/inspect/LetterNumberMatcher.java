package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import io.redoubt.content.Detector;

/** Numbers with letters in front of their first two digits: bank accounts and national numbers. */
final class LetterNumberMatcher implements Matcher {
  /** Countries with the lengths of their account numbers (ISO 13616, the registry's release 99). */
  private static final String IBANS =
      "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24"
          + "FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32"
          + "LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29"
          + "RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

  /** The months of an Italian tax code. */
  private static final String MONTHS = "ABCDEHLMPRST";

  @Override
  public void match(Window window, int start) {
    int digits = start + 1;
    int from = window.runBack(digits, Bytes.LETTER, 7);
    if (window.is(from - 1, Bytes.WORD)) {
      return;
    }
    switch (digits - from) {
      case 1 -> nie(window, from);
      case 2 -> {
        iban(window, from);
        nino(window, from);
      }
      case 6 -> codiceFiscale(window, from);
      default -> {}
    }
  }

  private static void iban(Window window, int from) {
    int length = ibanLength(Bytes.upper(window.at(from)), Bytes.upper(window.at(from + 1)));
    if (length == 0) {
      return;
    }
    int at = from + 4;
    int remainder = 0;
    for (int read = 4; read < length; read++) {
      // In groups of four, or in one piece.
      if (window.at(at) == ' ' && read % 4 == 0) {
        at++;
      }
      int c = window.at(at);
      if (!Bytes.is(c, Bytes.ALNUM)) {
        return;
      }
      remainder = CheckDigits.mod97(remainder, c);
      at++;
    }
    for (int i = 0; i < 4; i++) {
      remainder = CheckDigits.mod97(remainder, window.at(from + i));
    }
    if (remainder == 1 && !window.is(at, Bytes.WORD)) {
      window.found(Detector.IBAN, from, at, Confidence.CHECKED);
    }
  }

  private static int ibanLength(int first, int second) {
    for (int i = 0; i < IBANS.length(); i += 4) {
      if (IBANS.charAt(i) == first && IBANS.charAt(i + 1) == second) {
        return 10 * (IBANS.charAt(i + 2) - '0') + IBANS.charAt(i + 3) - '0';
      }
    }
    return 0;
  }

  /** A Spanish number of a foreigner: X, Y or Z stands for 0, 1 or 2. */
  private static void nie(Window window, int from) {
    int first = Bytes.upper(window.at(from)) - 'X';
    int to = window.run(from + 1, Bytes.DIGIT, 8);
    if (first < 0 || first > 2 || to - from != 8) {
      return;
    }
    int number = first;
    for (int i = from + 1; i < to; i++) {
      number = number * 10 + window.at(i) - '0';
    }
    int letter = window.at(to) == '-' ? to + 1 : to;
    if (window.is(letter, Bytes.LETTER)
        && !window.is(letter + 1, Bytes.WORD)
        && CheckDigits.dni(number, window.at(letter))) {
      window.found(Detector.ES_DNI, from, letter + 1, Confidence.CHECKED);
    }
  }

  private static void nino(Window window, int from) {
    int suffix = from + 8;
    int letter = window.at(suffix);
    if (window.run(from + 2, Bytes.DIGIT, 7) == suffix
        && letter >= 'A'
        && letter <= 'D'
        && !window.is(suffix + 1, Bytes.WORD)
        && isNino(window.at(from), window.at(from + 1))) {
      window.found(Detector.GB_NINO, from, suffix + 1, Confidence.FORM);
    }
  }

  /** Whether a British number may begin with these letters. */
  static boolean isNino(int first, int second) {
    return Bytes.is(first, Bytes.UPPER)
        && Bytes.is(second, Bytes.UPPER)
        && "DFIQUV".indexOf(first) < 0
        && "DFIOQUV".indexOf(second) < 0
        && !"BG GB NK KN TN NT ZZ".contains("" + (char) first + (char) second);
  }

  private static void codiceFiscale(Window window, int from) {
    if (window.run(from + 6, Bytes.DIGIT, 3) != from + 8
        || MONTHS.indexOf(Bytes.upper(window.at(from + 8))) < 0
        || window.run(from + 9, Bytes.DIGIT, 3) != from + 11
        || !window.is(from + 11, Bytes.LETTER)
        || window.run(from + 12, Bytes.DIGIT, 4) != from + 15
        || !window.is(from + 15, Bytes.LETTER)
        || window.is(from + 16, Bytes.WORD)
        || !CheckDigits.codiceFiscale(window, from)) {
      return;
    }
    window.found(Detector.IT_CODICE_FISCALE, from, from + 16, Confidence.CHECKED);
  }
}
