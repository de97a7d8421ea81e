package io.redoubt.proxy.llm;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * A provider over a raw socket, as strict as the real ones: it refuses what they refuse, so that a
 * test cannot pass on a request that they would not take. What it answers is scripted byte by byte.
 */
final class FakeProvider implements AutoCloseable {
  static final String KEY = "sk-upstream-secret";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A request as it arrived. */
  record Seen(String method, String target, Map<String, String> headers, ByteString body) {
    String text() {
      return body.utf8String();
    }
  }

  /** What is answered to one request. */
  @FunctionalInterface
  interface Script {
    void play(Seen seen, Line line) throws IOException, InterruptedException;
  }

  private final ServerSocket server;
  private final List<Seen> seen = new CopyOnWriteArrayList<>();
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  final AtomicInteger connections = new AtomicInteger();
  final AtomicInteger closedByPeer = new AtomicInteger();
  private volatile Script script = (_, line) -> line.json(200, "{}");
  volatile String expectedKey = KEY;

  FakeProvider() {
    try {
      server = new ServerSocket(0, 600, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  URI base(String path) {
    return URI.create("http://127.0.0.1:" + server.getLocalPort() + path);
  }

  void answers(Script next) {
    script = next;
  }

  List<Seen> seen() {
    return List.copyOf(seen);
  }

  Seen last() {
    return seen.getLast();
  }

  void forget() {
    seen.clear();
    closedByPeer.set(0);
    expectedKey = KEY;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        var socket = server.accept();
        socket.setTcpNoDelay(true);
        sockets.add(socket);
        connections.incrementAndGet();
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException _) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      var in = new BufferedInputStream(socket.getInputStream());
      while (true) {
        var request = read(in);
        if (request == null) {
          closedByPeer.incrementAndGet();
          return;
        }
        seen.add(request);
        var line = new Line(socket, in, socket.getOutputStream());
        String complaint = complaint(request);
        if (complaint != null) {
          line.json(400, "{\"strict\":\"" + complaint + "\"}");
        } else {
          script.play(request, line);
        }
        if (line.broken) {
          return;
        }
      }
    } catch (IOException _) {
      closedByPeer.incrementAndGet();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** What the real provider would refuse; null: nothing. */
  private @Nullable String complaint(Seen request) throws IOException {
    var headers = request.headers();
    for (String name : headers.keySet()) {
      if (name.startsWith("x-redoubt-") || name.equals("cookie") || name.startsWith("proxy-")) {
        return "leaked " + name;
      }
    }
    if (!"identity".equals(headers.get("accept-encoding"))
        && !request.target().contains("/models")) {
      return "accept-encoding " + headers.get("accept-encoding");
    }
    String path = request.target().replaceFirst("\\?.*$", "");
    boolean anthropic =
        path.equals("/v1/messages")
            || path.equals("/v1/messages/count_tokens")
            || (path.equals("/v1/models") && headers.containsKey("anthropic-version"));
    if (anthropic) {
      if (!expectedKey.equals(headers.get("x-api-key")) || headers.containsKey("authorization")) {
        return "wrong credential";
      }
      if (!headers.containsKey("anthropic-version")) {
        return "anthropic-version: header is required";
      }
    } else if (List.of("/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/models")
        .contains(path)) {
      if (!("Bearer " + expectedKey).equals(headers.get("authorization"))
          || headers.containsKey("x-api-key")) {
        return "wrong credential";
      }
    } else {
      return "unknown path " + path;
    }
    if (request.method().equals("POST")) {
      if (!String.valueOf(headers.get("content-type")).startsWith("application/json")) {
        return "content-type";
      }
      JSON.readTree(request.body().toArrayUnsafe());
    }
    return null;
  }

  private static @Nullable Seen read(InputStream in) throws IOException {
    var head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        return null;
      }
      head.write(b);
    }
    var lines = head.toString(StandardCharsets.ISO_8859_1).split("\r\n", -1);
    var first = lines[0].split(" ", -1);
    var headers = new TreeMap<String, String>();
    for (int i = 1; i < lines.length && !lines[i].isEmpty(); i++) {
      int colon = lines[i].indexOf(':');
      headers.merge(
          lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
          lines[i].substring(colon + 1).strip(),
          (a, b) -> a + " | " + b);
    }
    int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
    return new Seen(first[0], first[1], headers, ByteString.fromArray(in.readNBytes(length)));
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (var socket : sockets) {
      socket.close();
    }
  }

  /** The way back to whoever asked. */
  static final class Line {
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private boolean broken;

    Line(Socket socket, InputStream in, OutputStream out) {
      this.socket = socket;
      this.in = in;
      this.out = out;
    }

    void raw(String text) throws IOException {
      out.write(text.getBytes(StandardCharsets.UTF_8));
      out.flush();
    }

    void json(int status, String body) throws IOException {
      raw(
          "HTTP/1.1 %d Whatever\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
              .formatted(status, body.getBytes(StandardCharsets.UTF_8).length, body));
    }

    void beginEvents(String... headers) throws IOException {
      raw(
          "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
              + "transfer-encoding: chunked\r\n"
              + String.join("", List.of(headers).stream().map(h -> h + "\r\n").toList())
              + "\r\n");
    }

    void chunk(String text) throws IOException {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      out.write((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
      out.write(bytes);
      out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
      out.flush();
    }

    void end() throws IOException {
      raw("0\r\n\r\n");
    }

    void breakOff() throws IOException {
      broken = true;
      socket.setSoLinger(true, 0);
      socket.close();
    }

    /** Waits until the other side is gone. */
    void awaitPeerGone() throws IOException {
      try {
        while (in.read() >= 0) {
          // whatever else it sends
        }
      } finally {
        broken = true;
      }
      throw new IOException("the peer is gone");
    }
  }
}
