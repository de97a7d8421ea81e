package io.redoubt.bench.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a sequence of HTTP/1.1 messages from whatever pieces arrive: requests or replies, whose
 * bodies are of a known length or in chunks (RFC 9112 §6, §7.1). A reply that ends with its
 * connection is refused, since nothing measured here sends one.
 */
public final class HttpReader {
  /** Where the messages go. */
  public interface Sink {
    void head(Head head);

    /** A part of the body: valid during the call only. */
    void body(byte[] bytes, int from, int to);

    void end();

    /** No further message; one that had begun will not end. */
    void broken(String why);
  }

  private enum At {
    HEAD,
    FIXED,
    CHUNK_SIZE,
    CHUNK,
    CHUNK_END,
    TRAILER
  }

  private static final int LONGEST_HEAD = 16 * 1024;

  private final Sink sink;
  private At at = At.HEAD;
  private byte[] head = new byte[1024];
  private int headLength;
  private long remaining;
  private int lineLength;

  public HttpReader(Sink sink) {
    this.sink = sink;
  }

  void broken(String why) {
    sink.broken(why);
  }

  /** Takes the next bytes of the connection. */
  void push(byte[] bytes, int length) throws IOException {
    int next = 0;
    while (next < length) {
      next =
          switch (at) {
            case HEAD -> head(bytes, next, length);
            case FIXED, CHUNK -> body(bytes, next, length);
            case CHUNK_SIZE -> chunkSize(bytes, next);
            case CHUNK_END -> chunkEnd(bytes, next);
            case TRAILER -> trailer(bytes, next);
          };
    }
  }

  private int head(byte[] bytes, int from, int length) throws IOException {
    for (int i = from; i < length; i++) {
      if (headLength == head.length) {
        if (headLength >= LONGEST_HEAD) {
          throw new IOException("a head of more than " + LONGEST_HEAD + " bytes");
        }
        head = Arrays.copyOf(head, 2 * headLength);
      }
      head[headLength++] = bytes[i];
      if (bytes[i] == '\n' && headLength >= 4 && head[headLength - 3] == '\n') {
        headComplete();
        return i + 1;
      }
    }
    return length;
  }

  private void headComplete() throws IOException {
    var complete = new Head(new String(head, 0, headLength, StandardCharsets.ISO_8859_1));
    headLength = 0;
    @Nullable String length = complete.field("content-length").orElse(null);
    boolean chunked =
        complete.field("transfer-encoding").filter("chunked"::equalsIgnoreCase).isPresent();
    boolean reply = complete.asks("HTTP/1.1 ");
    if (reply && length == null && !chunked && complete.status() != 204) {
      throw new IOException("a reply of unknown length: " + complete.text().lines().findFirst());
    }
    sink.head(complete);
    remaining = length == null ? 0 : Long.parseLong(length);
    at = chunked ? At.CHUNK_SIZE : At.FIXED;
    if (!chunked && remaining == 0) {
      end();
    }
  }

  private int body(byte[] bytes, int from, int length) {
    int to = (int) Math.min(length, from + remaining);
    remaining -= to - from;
    sink.body(bytes, from, to);
    if (remaining == 0) {
      if (at == At.CHUNK) {
        at = At.CHUNK_END;
      } else {
        end();
      }
    }
    return to;
  }

  private int chunkSize(byte[] bytes, int from) throws IOException {
    byte next = bytes[from];
    if (next == '\n') {
      at = remaining == 0 ? At.TRAILER : At.CHUNK;
      lineLength = 0;
    } else if (next != '\r') {
      int digit = Character.digit(next, 16);
      if (digit < 0 || ++lineLength > 8) {
        throw new IOException("not the size of a chunk");
      }
      remaining = remaining * 16 + digit;
    }
    return from + 1;
  }

  private int chunkEnd(byte[] bytes, int from) {
    if (bytes[from] == '\n') {
      at = At.CHUNK_SIZE;
    }
    return from + 1;
  }

  private int trailer(byte[] bytes, int from) {
    if (bytes[from] == '\n') {
      if (lineLength == 0) {
        end();
      }
      lineLength = 0;
    } else if (bytes[from] != '\r') {
      lineLength++;
    }
    return from + 1;
  }

  private void end() {
    at = At.HEAD;
    remaining = 0;
    lineLength = 0;
    sink.end();
  }
}
