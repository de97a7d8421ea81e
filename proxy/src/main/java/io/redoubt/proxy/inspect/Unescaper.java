package io.redoubt.proxy.inspect;

import java.io.ByteArrayOutputStream;

/**
 * The inside of a JSON string (RFC 8259 §7) as the text it stands for, piece by piece: escapes
 * would hide what is looked for. What is no escape at all passes as it is.
 */
final class Unescaper {
  private static final int ROOM = 1024;
  private static final int NONE = -1;

  /** Who takes the text. */
  interface Sink {
    void take(byte[] bytes, int from, int length);
  }

  private final Sink sink;
  private final byte[] text = new byte[ROOM];
  private int length;
  private int escaped = NONE; // how many characters behind a backslash; NONE: none stands open
  private int unit; // of UTF-16, as far as it is known
  private int high; // the first half of a pair, 0: none

  Unescaper(Sink sink) {
    this.sink = sink;
  }

  void write(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      if (escaped != NONE) {
        escape(bytes[at] & 0xFF);
        at++;
        continue;
      }
      int run = at;
      while (run < to && bytes[run] != '\\') {
        run++;
      }
      if (run > at) {
        endPair();
        copy(bytes, at, run);
        at = run;
      }
      if (at < to) {
        escaped = 0;
        at++;
      }
    }
  }

  /** Gives out what is here; what stands open stays so. */
  void flush() {
    sink.take(text, 0, length);
    length = 0;
  }

  /** For another text. */
  void restart() {
    length = 0;
    escaped = NONE;
    high = 0;
  }

  /** The text is whole. */
  void end() {
    endPair();
    flush();
  }

  private void escape(int c) {
    if (escaped > 0) {
      int digit = Character.digit(c, 16);
      unit = unit << 4 | Math.max(0, digit);
      escaped++;
      if (escaped == 5) {
        escaped = NONE;
        unit(unit);
      }
      return;
    }
    if (c == 'u') {
      escaped = 1;
      unit = 0;
      return;
    }
    escaped = NONE;
    endPair();
    put(
        switch (c) {
          case 'n' -> '\n';
          case 't' -> '\t';
          case 'r' -> '\r';
          case 'b' -> '\b';
          case 'f' -> '\f';
          default -> c;
        });
  }

  private void unit(int value) {
    if (high != 0 && Character.isLowSurrogate((char) value)) {
      int point = Character.toCodePoint((char) high, (char) value);
      high = 0;
      point(point);
      return;
    }
    endPair();
    if (Character.isHighSurrogate((char) value)) {
      high = value;
    } else {
      point(Character.isLowSurrogate((char) value) ? 0xFFFD : value);
    }
  }

  /** A first half without a second is a character that is not known. */
  private void endPair() {
    if (high != 0) {
      high = 0;
      point(0xFFFD);
    }
  }

  private void point(int point) {
    if (point < 0x80) {
      put(point);
    } else if (point < 0x800) {
      put(0xC0 | point >> 6);
      put(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
      put(0xE0 | point >> 12);
      put(0x80 | (point >> 6 & 0x3F));
      put(0x80 | (point & 0x3F));
    } else {
      put(0xF0 | point >> 18);
      put(0x80 | (point >> 12 & 0x3F));
      put(0x80 | (point >> 6 & 0x3F));
      put(0x80 | (point & 0x3F));
    }
  }

  private void put(int value) {
    if (length == ROOM) {
      flush();
    }
    text[length++] = (byte) value;
  }

  private void copy(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      if (length == ROOM) {
        flush();
      }
      int some = Math.min(to - at, ROOM - length);
      System.arraycopy(bytes, at, text, length, some);
      length += some;
      at += some;
    }
  }

  /** A whole string at once. */
  static byte[] decode(byte[] bytes, int from, int to) {
    var all = new ByteArrayOutputStream(to - from);
    var unescaper = new Unescaper(all::write);
    unescaper.write(bytes, from, to);
    unescaper.end();
    return all.toByteArray();
  }
}
