package io.redoubt.persistence.enclave;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** A line to the database that can lose answers, break and refuse. */
final class LossyLine implements AutoCloseable {
  private final ServerSocket server;
  private final int target;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger answersToLose = new AtomicInteger();
  private volatile boolean refusing;

  LossyLine(int target) throws IOException {
    this.target = target;
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /**
   * The next {@code count} answers that hold a result are lost, and their connections with them.
   */
  void loseAnswers(int count) {
    answersToLose.set(count);
  }

  void refuse(boolean refuse) {
    refusing = refuse;
    if (refuse) {
      open.forEach(LossyLine::close);
    }
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        var client = server.accept();
        if (refusing) {
          close(client);
          continue;
        }
        var database = new Socket(InetAddress.getLoopbackAddress(), target);
        open.add(client);
        open.add(database);
        var isAudit = new AtomicBoolean();
        Thread.ofVirtual().start(() -> ask(client, database, isAudit));
        Thread.ofVirtual().start(() -> answer(database, client, isAudit));
      } catch (IOException _) {
        return;
      }
    }
  }

  private void ask(Socket from, Socket to, AtomicBoolean isAudit) {
    copy(
        from,
        to,
        (bytes, length) -> {
          // Its name is in the first thing it says.
          if (new String(bytes, 0, length, StandardCharsets.ISO_8859_1).contains("redoubt-audit")) {
            isAudit.set(true);
          }
          return true;
        });
  }

  private void answer(Socket from, Socket to, AtomicBoolean isAudit) {
    copy(
        from,
        to,
        (bytes, length) -> {
          // Ends with ReadyForQuery in the idle state: whatever it was is committed.
          boolean whole = length > 6 && bytes[length - 6] == 'Z' && bytes[length - 1] == 'I';
          return !(whole
              && isAudit.get()
              && answersToLose.getAndUpdate(left -> Math.max(0, left - 1)) > 0);
        });
  }

  /** Decides whether some bytes go on, or the line breaks instead. */
  private interface Gate {
    boolean passes(byte[] bytes, int length);
  }

  private void copy(Socket from, Socket to, Gate gate) {
    byte[] buffer = new byte[1 << 16];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(buffer); n >= 0 && gate.passes(buffer, n); n = in.read(buffer)) {
        out.write(buffer, 0, n);
      }
    } catch (IOException _) {
      // the other side has gone
    } finally {
      open.remove(from);
      open.remove(to);
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException _) {
      // closed all the same
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    open.forEach(LossyLine::close);
  }
}
