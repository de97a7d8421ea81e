package io.redoubt.proxy.llm.reply;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** An event of a stream, with the bytes that it came in. */
final class ServerSentEvent {
  private final byte[] raw;
  private @Nullable String name;
  private int dataStart = -1;
  private int dataEnd = -1;
  private String lineEnd = "\n";
  private @Nullable JsonSpan json;

  private ServerSentEvent(byte[] raw) {
    this.raw = raw;
  }

  /**
   * Reads an event that may matter. One of its shape must be all that there is, since clients that
   * go by lines see others than the standard says.
   */
  static ServerSentEvent read(byte[] raw) {
    var event = new ServerSentEvent(raw);
    int from = 0;
    while (from < raw.length) {
      int end = from;
      while (end < raw.length && raw[end] != '\n') {
        end++;
      }
      int next = Math.min(end + 1, raw.length);
      if (end > from && raw[end - 1] == '\r') {
        event.lineEnd = "\r\n";
        end--;
      }
      event.line(from, end);
      from = next;
    }
    return event;
  }

  private void line(int from, int end) {
    if (from == end || raw[from] == ':') {
      return;
    }
    int colon = from;
    while (colon < end && raw[colon] != ':') {
      colon++;
    }
    int value = colon + 1 < end && raw[colon + 1] == ' ' ? colon + 2 : Math.min(colon + 1, end);
    switch (new String(raw, from, colon - from, StandardCharsets.ISO_8859_1)) {
      case "event" -> {
        if (name != null) {
          throw new Unintelligible("an event has two names");
        }
        name = new String(raw, value, end - value, StandardCharsets.UTF_8);
      }
      case "data" -> {
        if (dataStart >= 0) {
          throw new Unintelligible("the data of an event is on several lines");
        }
        dataStart = value;
        dataEnd = end;
      }
      case "id", "retry" -> {}
      default -> throw new Unintelligible("an event has a line of another kind");
    }
  }

  byte[] raw() {
    return raw;
  }

  @Nullable String name() {
    return name;
  }

  String lineEnd() {
    return lineEnd;
  }

  /** Whether it is OpenAI's last, which is not JSON. */
  boolean isDone() {
    return dataStart >= 0
        && new String(raw, dataStart, dataEnd - dataStart, StandardCharsets.UTF_8)
            .strip()
            .equals("[DONE]");
  }

  /** Its data; null: it has none. */
  @Nullable JsonSpan json() {
    if (json == null && dataStart >= 0 && dataEnd > dataStart && !isDone()) {
      json = JsonSpan.parse(data());
    }
    return json;
  }

  /** What was read of it takes far more room than its bytes; it can be read again. */
  void forgetJson() {
    json = null;
  }

  private byte[] data() {
    return Arrays.copyOfRange(raw, dataStart, dataEnd);
  }

  /** Its bytes, some values of its data changed. */
  byte[] with(Edits edits) {
    if (edits.isEmpty()) {
      return raw;
    }
    byte[] data = edits.applyTo(data());
    byte[] changed = Arrays.copyOf(raw, raw.length - (dataEnd - dataStart) + data.length);
    System.arraycopy(data, 0, changed, dataStart, data.length);
    System.arraycopy(raw, dataEnd, changed, dataStart + data.length, raw.length - dataEnd);
    return changed;
  }
}
