package io.redoubt.multinode.badinput;

import io.redoubt.multinode.product.Reply;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** HTTP/1.1 byte by byte: sends what no client library would. */
final class RawHttp {
  private static final Duration ANSWER = Duration.ofSeconds(15);
  private static final int CONNECT_MILLIS = 3000;

  private RawHttp() {}

  /**
   * Sends the bytes on a connection of their own and reads one answer.
   *
   * @param from the source address: every one of 127.0.0.0/8 is this machine
   * @return empty: the server hung up, or said nothing in time
   */
  static Optional<Reply> exchange(URI server, String from, byte[] request) {
    try (Socket socket = connect(server, from)) {
      try {
        socket.getOutputStream().write(request);
        socket.getOutputStream().flush();
      } catch (IOException _) {
        // It has heard enough; what it says to that is still to be read.
      }
      socket.setSoTimeout((int) ANSWER.toMillis());
      return read(new BufferedInputStream(socket.getInputStream()));
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  /**
   * Sends the beginning at once and then one byte at a time, for as long as the server puts up with
   * it.
   *
   * @return how long that was, and what it said in the end
   */
  static Patience drip(URI server, String from, byte[] beginning, byte drop, Duration limit)
      throws IOException {
    long started = System.nanoTime();
    try (Socket socket = connect(server, from)) {
      socket.getOutputStream().write(beginning);
      socket.setSoTimeout(400);
      var input = new BufferedInputStream(socket.getInputStream());
      while (System.nanoTime() - started < limit.toNanos()) {
        input.mark(1);
        try {
          if (input.read() < 0) {
            return new Patience(since(started), Optional.empty());
          }
          input.reset();
          return new Patience(since(started), read(input));
        } catch (SocketTimeoutException _) {
          socket.getOutputStream().write(drop);
        }
      }
      throw new IOException("the server would wait for ever");
    } catch (SocketException _) {
      return new Patience(since(started), Optional.empty());
    }
  }

  /** How a slow sender fared. */
  record Patience(Duration lasted, Optional<Reply> reply) {}

  private static Duration since(long started) {
    return Duration.ofNanos(System.nanoTime() - started);
  }

  private static Socket connect(URI server, String from) throws IOException {
    var socket = new Socket();
    socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
    socket.connect(new InetSocketAddress(server.getHost(), server.getPort()), CONNECT_MILLIS);
    return socket;
  }

  private static Optional<Reply> read(InputStream input) throws IOException {
    String status = line(input);
    while (status.startsWith("HTTP/1.1 100")) {
      line(input);
      status = line(input);
    }
    if (!status.startsWith("HTTP/1.")) {
      return Optional.empty();
    }
    var headers = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
    for (String header = line(input); !header.isEmpty(); header = line(input)) {
      int colon = header.indexOf(':');
      headers
          .computeIfAbsent(header.substring(0, colon).trim(), _ -> new ArrayList<>())
          .add(header.substring(colon + 1).trim());
    }
    var parsed = HttpHeaders.of(headers, (_, _) -> true);
    int code = Integer.parseInt(status.split(" ", -1)[1]);
    String body = new String(body(input, parsed), StandardCharsets.UTF_8);
    return Optional.of(new Reply(code, parsed, body));
  }

  private static byte[] body(InputStream input, HttpHeaders headers) throws IOException {
    var length = headers.firstValueAsLong("content-length");
    if (length.isPresent()) {
      return input.readNBytes(Math.toIntExact(length.getAsLong()));
    }
    if (headers.firstValue("transfer-encoding").isEmpty()) {
      return input.readAllBytes();
    }
    var body = new ByteArrayOutputStream();
    for (int size = chunk(input); size > 0; size = chunk(input)) {
      body.write(input.readNBytes(size));
      line(input);
    }
    return body.toByteArray();
  }

  private static int chunk(InputStream input) throws IOException {
    String size = line(input);
    return size.isEmpty() ? 0 : Integer.parseInt(size.split(";", -1)[0], 16);
  }

  private static String line(InputStream input) throws IOException {
    var line = new ByteArrayOutputStream();
    for (int next = input.read(); next >= 0 && next != '\n'; next = input.read()) {
      if (next != '\r') {
        line.write(next);
      }
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }
}
