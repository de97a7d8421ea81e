package io.redoubt.persistence.enclave;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
        Thread.ofVirtual().start(() -> copy(client, database, false));
        Thread.ofVirtual().start(() -> copy(database, client, true));
      } catch (IOException _) {
        return;
      }
    }
  }

  private void copy(Socket from, Socket to, boolean answers) {
    byte[] buffer = new byte[1 << 16];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        // An answer that ends with ReadyForQuery in the idle state: whatever it was is committed.
        boolean committed = answers && n > 6 && buffer[n - 6] == 'Z' && buffer[n - 1] == 'I';
        if (committed && answersToLose.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
          return;
        }
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
