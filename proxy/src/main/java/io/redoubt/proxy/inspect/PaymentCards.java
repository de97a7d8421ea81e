package io.redoubt.proxy.inspect;

/** Whether somebody issues cards with a number that begins so and is so long (ISO/IEC 7812). */
final class PaymentCards {
  private PaymentCards() {}

  /** Whether the first so many digits are a card's. */
  static boolean isCard(Digits digits, int length) {
    return length >= 13
        && length <= 19
        && isIssued(digits, length)
        && CheckDigits.luhn(digits.all(), length);
  }

  private static boolean isIssued(Digits digits, int length) {
    int four = 0;
    for (int i = 0; i < 4; i++) {
      four = 10 * four + digits.digit(i);
    }
    int two = four / 100;
    return switch (digits.digit(0)) {
      case 2 -> length == 16 && four >= 2221 && four <= 2720;
      case 3 ->
          (length == 15 && (two == 34 || two == 37))
              || (length == 14
                  && ((four / 10 >= 300 && four / 10 <= 305) || two == 36 || two >= 38))
              || (length >= 16 && four >= 3528 && four <= 3589);
      case 4 -> length == 13 || length == 16 || length == 19;
      case 5 ->
          (length == 16 && two >= 51 && two <= 55)
              || (length >= 16 && (four == 5018 || four == 5020 || four == 5038 || four == 5893));
      case 6 ->
          length >= 16
              && (four == 6011
                  || (four / 10 >= 644 && four / 10 <= 649)
                  || two == 65
                  || two == 62
                  || four == 6304
                  || four == 6759
                  || (four >= 6761 && four <= 6763));
      default -> false;
    };
  }
}
