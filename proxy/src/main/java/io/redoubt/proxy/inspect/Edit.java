package io.redoubt.proxy.inspect;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A change to a text: these bytes in the place of others.
 *
 * @param with ASCII
 */
record Edit(int from, int to, String with) {

  /** All of them, in their order; what lies between them stays byte for byte. */
  static byte[] apply(List<Edit> edits, byte[] text) {
    var out = new ByteArrayOutputStream(text.length + 64);
    int from = 0;
    for (Edit edit : edits) {
      out.write(text, from, edit.from - from);
      out.writeBytes(edit.with.getBytes(StandardCharsets.US_ASCII));
      from = edit.to;
    }
    out.write(text, from, text.length - from);
    return out.toByteArray();
  }

  /**
   * Changes to what the inside of a JSON string stands for, as changes to the string itself. An
   * escape, or a character, of which only a part is meant, is meant whole.
   *
   * @param edits in their order
   */
  static List<Edit> escaped(List<Edit> edits, byte[] json, int from, int to) {
    var escaped = new ArrayList<Edit>();
    var unit = new Unit(json, to);
    int next = from;
    int text = 0;
    for (Edit edit : edits) {
      int begin = -1;
      while (next < to && text < edit.to) {
        unit.read(next);
        if (begin < 0 && text + unit.stands > edit.from) {
          begin = next;
        }
        text += unit.stands;
        next += unit.length;
      }
      if (begin >= 0) {
        escaped.add(new Edit(begin, next, quoted(edit.with)));
      }
    }
    return escaped;
  }

  private static String quoted(String with) {
    return with.replace("\\", "\\\\").replace("\"", "\\\"");
  }

  /** A character, or an escape, and how many bytes it stands for, as {@link Unescaper} reads it. */
  private static final class Unit {
    private final byte[] json;
    private final int end;
    private int length;
    private int stands;

    private Unit(byte[] json, int end) {
      this.json = json;
      this.end = end;
    }

    private void read(int at) {
      if (json[at] != '\\') {
        length = 1;
        while (at + length < end
            && (json[at] & 0xC0) == 0xC0
            && (json[at + length] & 0xC0) == 0x80) {
          length++;
        }
        stands = length;
      } else if (at + 1 < end && json[at + 1] == 'u') {
        int unit = hex(at + 2);
        boolean pair =
            Character.isHighSurrogate((char) unit)
                && at + 11 < end
                && json[at + 6] == '\\'
                && json[at + 7] == 'u'
                && Character.isLowSurrogate((char) hex(at + 8));
        length = Math.min(pair ? 12 : 6, end - at);
        stands = pair ? 4 : unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
      } else {
        length = Math.min(2, end - at);
        stands = length - 1;
      }
    }

    private int hex(int at) {
      int value = 0;
      for (int i = at; i < Math.min(at + 4, end); i++) {
        value = value << 4 | Math.max(0, Character.digit(json[i], 16));
      }
      return value;
    }
  }
}
