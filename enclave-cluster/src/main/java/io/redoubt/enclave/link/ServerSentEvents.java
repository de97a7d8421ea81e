package io.redoubt.enclave.link;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads server-sent events (WHATWG HTML §9.2) from a connection, each of a bounded size. */
final class ServerSentEvents implements AutoCloseable {
  private final InputStream in;
  private final int maxEventBytes;

  ServerSentEvents(InputStream in, int maxEventBytes) {
    this.in = new BufferedInputStream(in);
    this.maxEventBytes = maxEventBytes;
  }

  /** One event; comments and empty events never come out. */
  record Event(String name, String data) {}

  /**
   * The next event; null at the end of the stream.
   *
   * @throws IOException where the connection breaks or an event is larger than the limit
   */
  @Nullable Event next() throws IOException {
    String name = "message";
    var data = new StringBuilder();
    int size = 0;
    String line;
    while ((line = readLine(maxEventBytes - size)) != null) {
      size += line.length();
      if (line.isEmpty()) {
        if (!data.isEmpty()) {
          return new Event(name, data.toString());
        }
        name = "message";
        size = 0;
      } else if (line.startsWith("data:")) {
        if (!data.isEmpty()) {
          data.append('\n');
        }
        data.append(value(line, 5));
      } else if (line.startsWith("event:")) {
        name = value(line, 6);
      }
      // Comments, ids and retry hints say nothing that the signed data does not say.
    }
    return null;
  }

  private static String value(String line, int from) {
    return line.startsWith(" ", from) ? line.substring(from + 1) : line.substring(from);
  }

  private @Nullable String readLine(int limit) throws IOException {
    var line = new ByteArrayOutputStream(256);
    int b;
    while ((b = in.read()) >= 0) {
      if (b == '\n') {
        return line.toString(StandardCharsets.UTF_8);
      }
      if (b != '\r') {
        if (line.size() >= limit) {
          throw new IOException("an event is larger than " + maxEventBytes + " bytes");
        }
        line.write(b);
      }
    }
    return null;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
