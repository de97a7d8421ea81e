package io.redoubt.proxy.inspect;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The documents in server-sent events as their bytes go by: what stands in one {@code data} line is
 * one, as providers write them. What lies within one piece is handed on without a copy.
 */
final class EventLines {
  private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);

  /** Who takes the documents. */
  interface Sink {
    void document(byte[] bytes, int from, int to);

    /** One was longer than may be held, and is left out. */
    void tooLong();
  }

  private enum Place {
    BEGINNING,
    IN_DATA,
    ELSEWHERE
  }

  private final Sink sink;
  private final int longest;
  private Place place = Place.BEGINNING;
  private int matched;
  private byte[] held = {};
  private int length;
  private boolean isTooLong;

  EventLines(Sink sink, int longest) {
    this.sink = sink;
    this.longest = longest;
  }

  void see(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      if (place == Place.BEGINNING) {
        begin(bytes[at]);
        at++;
        continue;
      }
      int end = at;
      while (end < to && !isEnd(bytes[end])) {
        end++;
      }
      if (place == Place.IN_DATA) {
        data(bytes, at, end, end < to);
      }
      if (end < to) {
        place = Place.BEGINNING;
        matched = 0;
      }
      at = end + 1;
    }
  }

  /** A line that has no end yet is over as well. */
  void end() {
    if (place == Place.IN_DATA && (length > 0 || isTooLong)) {
      data(held, 0, 0, true);
    }
  }

  private void begin(byte value) {
    if (isEnd(value)) {
      matched = 0;
    } else if (value != DATA[matched]) {
      place = Place.ELSEWHERE;
    } else if (++matched == DATA.length) {
      place = Place.IN_DATA;
    }
  }

  private void data(byte[] bytes, int from, int to, boolean isWhole) {
    if (isWhole && length == 0 && !isTooLong) {
      sink.document(bytes, from, to);
      return;
    }
    hold(bytes, from, to);
    if (isWhole) {
      if (isTooLong) {
        sink.tooLong();
      } else {
        sink.document(held, 0, length);
      }
      length = 0;
      isTooLong = false;
    }
  }

  private void hold(byte[] bytes, int from, int to) {
    isTooLong |= length + to - from > longest;
    if (isTooLong) {
      length = 0;
      held = new byte[0];
      return;
    }
    if (held.length - length < to - from) {
      held = Arrays.copyOf(held, Math.max(2 * held.length, length + to - from));
    }
    System.arraycopy(bytes, from, held, length, to - from);
    length += to - from;
  }

  private static boolean isEnd(byte value) {
    return value == '\n' || value == '\r';
  }
}
