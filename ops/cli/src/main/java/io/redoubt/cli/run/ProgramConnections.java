package io.redoubt.cli.run;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Connections of programs, passed on byte for byte to a server on this machine. That server looks
 * at a connection only while it reads a request or writes an answer; here somebody reads all the
 * time, and so hears at once when a program hangs up.
 */
final class ProgramConnections implements AutoCloseable {
  private static final int MAX_CONNECTIONS = 512;
  private static final int CHUNK = 16 * 1024;
  private static final int BACKLOG = 128;

  private final InetSocketAddress server;
  private final ServerSocket door;
  private final Semaphore room = new Semaphore(MAX_CONNECTIONS);

  /** By the port from which the server sees them. */
  private final Map<Integer, Connection> connections = new ConcurrentHashMap<>();

  /** Somebody who wants to know when the program hangs up, until this is closed. */
  interface Watch extends AutoCloseable {
    @Override
    void close();
  }

  ProgramConnections(InetSocketAddress server) throws IOException {
    this.server = server;
    this.door = new ServerSocket(0, BACKLOG, InetAddress.ofLiteral("127.0.0.1"));
    Thread.ofVirtual().name("program-connections").start(this::accept);
  }

  int port() {
    return door.getLocalPort();
  }

  /**
   * Runs the action once the program hangs up, at once where it has.
   *
   * @param port of the connection, as the server sees it
   */
  Watch watch(int port, Runnable action) {
    @Nullable Connection connection = connections.get(port);
    if (connection == null) {
      action.run();
      return () -> {};
    }
    connection.whenGone(action);
    return connection::forget;
  }

  private void accept() {
    while (!door.isClosed()) {
      Socket program;
      try {
        program = door.accept();
      } catch (IOException _) {
        return; // closed
      }
      if (!room.tryAcquire()) {
        close(program);
        continue;
      }
      Thread.ofVirtual().name("program-connection").start(() -> serve(program));
    }
  }

  private void serve(Socket program) {
    try (program;
        var behind = new Socket()) {
      program.setTcpNoDelay(true);
      behind.setTcpNoDelay(true);
      behind.connect(server);
      int port = behind.getLocalPort();
      var connection = new Connection();
      connections.put(port, connection);
      try {
        var answers =
            Thread.ofVirtual()
                .name("program-answers")
                .start(() -> {
                  pass(behind, program);
                  // The server is done with it, or broke it off: the program is to see that.
                  close(program);
                });
        pass(program, behind);
        connection.gone();
        close(behind);
        answers.join();
      } finally {
        connections.remove(port);
      }
    } catch (IOException _) {
      // the server behind is gone, which only happens at the end
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      room.release();
    }
  }

  /** Until the one ends or the other takes no more. */
  private static void pass(Socket from, Socket to) {
    byte[] chunk = new byte[CHUNK];
    try {
      var in = from.getInputStream();
      var out = to.getOutputStream();
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        out.write(chunk, 0, n);
      }
    } catch (IOException _) {
      // over, in whichever way
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException _) {
      // as closed as it gets
    }
  }

  /** One of them, and who is to be told of its end. */
  private static final class Connection {
    private @Nullable Runnable action;
    private boolean gone;

    void whenGone(Runnable told) {
      synchronized (this) {
        if (!gone) {
          action = told;
          return;
        }
      }
      told.run();
    }

    synchronized void forget() {
      action = null;
    }

    void gone() {
      Runnable told;
      synchronized (this) {
        gone = true;
        told = action;
        action = null;
      }
      if (told != null) {
        told.run();
      }
    }
  }

  @Override
  public void close() {
    try {
      door.close();
    } catch (IOException _) {
      // as closed as it gets
    }
  }
}
