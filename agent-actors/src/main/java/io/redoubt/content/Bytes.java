package io.redoubt.content;

/** What kinds a byte of UTF-8 is of. No byte, which is -1, is of none. */
public final class Bytes {
  public static final int DIGIT = 1;
  public static final int UPPER = 1 << 1;
  public static final int LOWER = 1 << 2;
  public static final int HEX = 1 << 3; // lower case
  public static final int UNDERSCORE = 1 << 4;
  public static final int DASH = 1 << 5;
  public static final int DOT = 1 << 6;
  public static final int BASE64_REST = 1 << 7; // + / =
  public static final int LOCAL_REST = 1 << 8; // + % ~
  public static final int SPACE = 1 << 9; // white space
  public static final int HIGH = 1 << 10; // not ASCII

  public static final int LETTER = UPPER | LOWER;
  public static final int ALNUM = LETTER | DIGIT;
  public static final int WORD = ALNUM | UNDERSCORE;
  public static final int TOKEN = WORD | DASH;
  public static final int BASE64 = ALNUM | BASE64_REST;
  public static final int LOCAL = TOKEN | DOT | LOCAL_REST;

  private static final short[] KINDS = kinds();

  private Bytes() {}

  public static boolean is(int value, int kinds) {
    return value >= 0 && (KINDS[value] & kinds) != 0;
  }

  public static int lower(int value) {
    return value >= 'A' && value <= 'Z' ? value + ('a' - 'A') : value;
  }

  public static int upper(int value) {
    return value >= 'a' && value <= 'z' ? value - ('a' - 'A') : value;
  }

  private static short[] kinds() {
    short[] kinds = new short[256];
    for (int c = 0; c < 256; c++) {
      int kind = c >= 0x80 ? HIGH : 0;
      kind |= c >= '0' && c <= '9' ? DIGIT : 0;
      kind |= c >= 'A' && c <= 'Z' ? UPPER : 0;
      kind |= c >= 'a' && c <= 'z' ? LOWER : 0;
      kind |= (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ? HEX : 0;
      kind |= c == '_' ? UNDERSCORE : 0;
      kind |= c == '-' ? DASH : 0;
      kind |= c == '.' ? DOT : 0;
      kind |= c == '+' || c == '/' || c == '=' ? BASE64_REST : 0;
      kind |= c == '+' || c == '%' || c == '~' ? LOCAL_REST : 0;
      kind |= c == ' ' || (c >= '\t' && c <= '\r') ? SPACE : 0;
      kinds[c] = (short) kind;
    }
    return kinds;
  }
}
