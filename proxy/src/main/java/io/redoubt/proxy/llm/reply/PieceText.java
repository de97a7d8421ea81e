package io.redoubt.proxy.llm.reply;

import io.redoubt.proxy.inspect.Finding;
import io.redoubt.proxy.inspect.Redaction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * One text that comes in pieces. What may be the beginning of a finding is held back, and so is the
 * beginning of a character: pieces are texts of their own.
 */
final class PieceText {
  private final Redaction redaction;
  private byte[] begun = {};
  private String half = "";

  PieceText(Redaction redaction) {
    this.redaction = redaction;
  }

  /** Takes the next piece, and gives what may go out now. */
  String feed(String piece) {
    String all = half + piece;
    boolean split = !all.isEmpty() && Character.isHighSurrogate(all.charAt(all.length() - 1));
    half = split ? all.substring(all.length() - 1) : "";
    byte[] bytes = all.substring(0, all.length() - half.length()).getBytes(StandardCharsets.UTF_8);
    return whole(redaction.feed(bytes, 0, bytes.length));
  }

  /** The text is over; gives the rest. */
  String end() {
    byte[] last = half.getBytes(StandardCharsets.UTF_8);
    half = "";
    String before = whole(redaction.feed(last, 0, last.length));
    String rest = whole(redaction.end());
    return before + rest + new String(begun, StandardCharsets.UTF_8);
  }

  /** What was found since this was last asked. */
  List<Finding> take() {
    return redaction.take();
  }

  private String whole(byte[] more) {
    byte[] all = Arrays.copyOf(begun, begun.length + more.length);
    System.arraycopy(more, 0, all, begun.length, more.length);
    int end = all.length - beginning(all);
    begun = Arrays.copyOfRange(all, end, all.length);
    return new String(all, 0, end, StandardCharsets.UTF_8);
  }

  /** Bytes at the end that are a character's first. */
  private static int beginning(byte[] utf8) {
    for (int back = 1; back <= Math.min(3, utf8.length); back++) {
      int value = utf8[utf8.length - back] & 0xFF;
      if (value >= 0xC0) {
        int length = value >= 0xF0 ? 4 : value >= 0xE0 ? 3 : 2;
        return back < length ? back : 0;
      }
      if (value < 0x80) {
        return 0;
      }
    }
    return 0;
  }
}
