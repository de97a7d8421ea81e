package io.redoubt.proxy.llm.reply;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.pekko.util.ByteString;

/** Gathers what goes out. */
final class Output {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  Output add(byte[] raw) {
    bytes.writeBytes(raw);
    return this;
  }

  /**
   * An event of ours.
   *
   * @param name empty: none
   * @param lineEnd as that of the events around it
   */
  Output event(String name, byte[] data, String lineEnd) {
    if (!name.isEmpty()) {
      add(("event: " + name + lineEnd).getBytes(StandardCharsets.UTF_8));
    }
    add("data: ".getBytes(StandardCharsets.US_ASCII)).add(data);
    return add((lineEnd + lineEnd).getBytes(StandardCharsets.US_ASCII));
  }

  /** One that says its name in its data, too. */
  Output event(String name, JsonNode data, String lineEnd) {
    return event(name, ReplyJson.bytes(data), lineEnd);
  }

  byte[] toBytes() {
    return bytes.toByteArray();
  }

  ByteString toByteString() {
    return ByteString.fromArrayUnsafe(bytes.toByteArray());
  }
}
