package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;

/** How numbers prove that they were not mistyped. Digits are values from 0 to 9. */
final class CheckDigits {
  private static final String DNI = "TRWAGMYFPDXBNJZSQVHLCKE";
  private static final String HETU = "0123456789ABCDEFHJKLMNPRSTUVWXY";
  private static final int[] CODICE_ODD = {
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23
  };
  private static final int[][] VERHOEFF_TIMES = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
    {1, 2, 3, 4, 0, 6, 7, 8, 9, 5},
    {2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
    {3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
    {4, 0, 1, 2, 3, 9, 5, 6, 7, 8},
    {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
    {6, 5, 9, 8, 7, 1, 0, 4, 3, 2},
    {7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
    {8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
    {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}
  };
  private static final int[][] VERHOEFF_TURN = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
    {1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
    {5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
    {8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
    {9, 4, 5, 3, 1, 2, 6, 8, 7, 0},
    {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
    {2, 7, 9, 3, 8, 0, 6, 4, 1, 5},
    {7, 0, 4, 6, 9, 1, 3, 2, 5, 8}
  };
  private static final int[] PESEL = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1};

  private CheckDigits() {}

  /** ISO/IEC 7812-1, annex B. */
  static boolean luhn(byte[] digits, int length) {
    int sum = 0;
    for (int i = 0; i < length; i++) {
      int digit = digits[length - 1 - i];
      int doubled = 2 * digit;
      sum += (i & 1) == 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
    }
    return sum % 10 == 0;
  }

  /** ISO 7064 MOD 97-10, one letter or digit further; a letter is two digits, A being 10. */
  static int mod97(int remainder, int character) {
    if (character >= '0' && character <= '9') {
      return (remainder * 10 + character - '0') % 97;
    }
    return (remainder * 100 + Bytes.upper(character) - 'A' + 10) % 97;
  }

  static boolean verhoeff(byte[] digits, int length) {
    int check = 0;
    for (int i = 0; i < length; i++) {
      check = VERHOEFF_TIMES[check][VERHOEFF_TURN[i % 8][digits[length - 1 - i]]];
    }
    return check == 0;
  }

  /**
   * The German tax number: ISO 7064 MOD 11,10, and one digit of the first ten is there more often.
   */
  static boolean steuerId(byte[] digits) {
    int[] counts = new int[10];
    int product = 10;
    for (int i = 0; i < 10; i++) {
      counts[digits[i]]++;
      int sum = (digits[i] + product) % 10;
      product = 2 * (sum == 0 ? 10 : sum) % 11;
    }
    int repeated = 0;
    for (int count : counts) {
      if (count > 3) {
        return false;
      }
      repeated += count > 1 ? 1 : 0;
    }
    return digits[0] != 0 && repeated == 1 && (11 - product) % 10 == digits[10];
  }

  static boolean cpf(byte[] digits) {
    boolean same = true;
    for (int i = 1; i < 11; i++) {
      same &= digits[i] == digits[0];
    }
    return !same && cpfDigit(digits, 9) == digits[9] && cpfDigit(digits, 10) == digits[10];
  }

  private static int cpfDigit(byte[] digits, int length) {
    int sum = 0;
    for (int i = 0; i < length; i++) {
      sum += digits[i] * (length + 1 - i);
    }
    return sum * 10 % 11 % 10;
  }

  /** A day of birth in front, with the century in the month. */
  static boolean pesel(byte[] digits) {
    int month = (digits[2] * 10 + digits[3]) % 20;
    int sum = 0;
    for (int i = 0; i < 11; i++) {
      sum += PESEL[i] * digits[i];
    }
    return sum % 10 == 0 && isDay(digits[4] * 10 + digits[5], month);
  }

  /** The French social security number with its key, thirteen digits and two. */
  static boolean nir(byte[] digits, int from) {
    int month = digits[from + 3] * 10 + digits[from + 4];
    long number = 0;
    for (int i = 0; i < 13; i++) {
      number = number * 10 + digits[from + i];
    }
    int key = digits[from + 13] * 10 + digits[from + 14];
    return (digits[from] == 1 || digits[from] == 2)
        && month >= 1
        && (month <= 12 || (month >= 20 && month <= 42) || month >= 50)
        && key == 97 - number % 97;
  }

  /** The letter of a Spanish number. */
  static boolean dni(int number, int letter) {
    return Bytes.upper(letter) == DNI.charAt(number % 23);
  }

  /** A Finnish identity code: day, month, year, a running number, and a check character. */
  static boolean hetu(byte[] digits, int check) {
    long number = 0;
    for (int i = 0; i < 9; i++) {
      number = number * 10 + digits[i];
    }
    return isDay(digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
        && HETU.charAt((int) (number % 31)) == check;
  }

  /** The last of the sixteen characters of an Italian tax code, which are letters and digits. */
  static boolean codiceFiscale(Window window, int from) {
    int sum = 0;
    for (int i = 0; i < 15; i++) {
      int c = Bytes.upper(window.at(from + i));
      int value = c <= '9' ? c - '0' : c - 'A';
      sum += (i & 1) == 0 ? CODICE_ODD[value] : value;
    }
    return Bytes.upper(window.at(from + 15)) == 'A' + sum % 26;
  }

  private static boolean isDay(int day, int month) {
    return day >= 1 && day <= 31 && month >= 1 && month <= 12;
  }
}
