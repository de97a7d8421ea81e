package io.redoubt.testing.line;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * A TCP proxy on this machine that stands for the way to one server. Callers are told apart by the
 * loopback address that they call from.
 */
public final class Line implements AutoCloseable {
  private static final int BACKLOG = 128;
  private static final int BUFFER = 1 << 16;

  /** Looks at what goes by on one connection. */
  public interface Gate {
    /** False: the connection breaks before these bytes. */
    boolean passes(Way way, byte[] bytes, int length);
  }

  private final ServerSocket server;
  private final int target;
  private final Supplier<Gate> gates;
  private final Map<InetAddress, Passage> passages = new ConcurrentHashMap<>();

  /** A line to a port of this machine, which need not be open yet. */
  public Line(int target) {
    this(target, () -> (_, _, _) -> true);
  }

  /**
   * A line on which somebody stands at the gate.
   *
   * @param gates a gate for each connection
   */
  public Line(int target, Supplier<Gate> gates) {
    this.target = target;
    this.gates = gates;
    try {
      this.server = new ServerSocket(0, BACKLOG, InetAddress.ofLiteral("127.0.0.1"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  /** Where to call instead of the server itself. */
  public int port() {
    return server.getLocalPort();
  }

  /** What becomes of those who call from the address that everybody has. */
  public Passage passage() {
    return passage(server.getInetAddress());
  }

  /** What becomes of those who call from that loopback address. */
  public Passage passage(InetAddress caller) {
    return passages.computeIfAbsent(caller, _ -> new Passage());
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket near = server.accept();
        Thread.ofVirtual().start(() -> connect(near, passage(near.getInetAddress())));
      } catch (IOException _) {
        // closed
      }
    }
  }

  private void connect(Socket near, Passage passage) {
    var far = new Socket();
    // The far end first: whoever sees the near one break may mend the line at once.
    passage.opened(far);
    passage.opened(near);
    try {
      passage.enter(Way.THERE);
      passage.enter(Way.BACK);
      far.connect(new InetSocketAddress(server.getInetAddress(), target));
      near.setTcpNoDelay(true);
      far.setTcpNoDelay(true);
      Gate gate = gates.get();
      Thread.ofVirtual().start(() -> pump(near, far, passage, Way.THERE, gate));
      Thread.ofVirtual().start(() -> pump(far, near, passage, Way.BACK, gate));
    } catch (IOException _) {
      // the server is away by itself, or the line was cut
      passage.closed(near);
      passage.closed(far);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** An end is a thing that is told, too: it waits like bytes. */
  private static void pump(Socket from, Socket to, Passage passage, Way way, Gate gate) {
    byte[] buffer = new byte[BUFFER];
    try {
      for (int n = read(from, buffer);
          n >= 0 && gate.passes(way, buffer, n);
          n = read(from, buffer)) {
        passage.enter(way);
        to.getOutputStream().write(buffer, 0, n);
      }
      passage.enter(way);
    } catch (IOException _) {
      // the other side has gone
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      passage.closed(from);
      passage.closed(to);
    }
  }

  private static int read(Socket from, byte[] buffer) {
    try {
      return from.getInputStream().read(buffer);
    } catch (IOException _) {
      return -1;
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    passages
        .values()
        .forEach(passage -> {
          passage.cut();
          passage.mend();
        });
  }
}
