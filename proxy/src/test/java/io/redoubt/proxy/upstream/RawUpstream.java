package io.redoubt.proxy.upstream;

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
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An upstream over raw sockets, which answers as a test says, byte by byte. */
final class RawUpstream implements AutoCloseable {
  private static final Pattern LENGTH = Pattern.compile("(?i)content-length: (\\d+)");

  /** CR LF CR LF. */
  private static final int END_OF_HEAD = 0x0D0A0D0A;

  /** What is answered to one request, whose body has not been read. */
  @FunctionalInterface
  interface Script {
    void play(Line line) throws IOException, InterruptedException;
  }

  final AtomicInteger connections = new AtomicInteger();
  final AtomicInteger gone = new AtomicInteger();
  final List<String> heads = new CopyOnWriteArrayList<>();
  private final ServerSocket server;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private volatile Script script = line -> line.say("HTTP/1.1 204 No Content\r\n\r\n");

  RawUpstream() {
    try {
      server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  URI base() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort());
  }

  void answers(Script next) {
    script = next;
  }

  void says(String... parts) {
    script = line -> line.say(parts);
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        var socket = server.accept();
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
      for (String head = head(in); head != null; head = head(in)) {
        heads.add(head);
        var length = LENGTH.matcher(head);
        var line =
            new Line(
                socket,
                in,
                socket.getOutputStream(),
                length.find() ? Integer.parseInt(length.group(1)) : 0);
        script.play(line);
        if (socket.isClosed()) {
          return;
        }
      }
    } catch (IOException _) {
      // it was reset
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      gone.incrementAndGet();
    }
  }

  private static @Nullable String head(InputStream in) throws IOException {
    var head = new ByteArrayOutputStream();
    int last = 0; // four bytes
    while (last != END_OF_HEAD) {
      int b = in.read();
      if (b < 0) {
        return null;
      }
      head.write(b);
      last = (last << 8) | b;
    }
    return head.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (var socket : sockets) {
      socket.close();
    }
  }

  /** The way back to whoever asked. */
  record Line(Socket socket, InputStream in, OutputStream out, int bodyLength) {

    /** One write for each part. */
    void say(String... parts) throws IOException {
      for (String part : parts) {
        out.write(part.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
      }
    }

    byte[] body() throws IOException {
      return in.readNBytes(bodyLength);
    }

    /** As it should be: what was said arrives. */
    void end() throws IOException {
      socket.close();
    }

    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    void awaitPeerGone() throws IOException {
      while (in.read() >= 0) {
        // whatever else it sends
      }
    }
  }
}
