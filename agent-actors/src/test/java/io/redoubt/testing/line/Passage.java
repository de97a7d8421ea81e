package io.redoubt.testing.line;

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What becomes of the bytes of one caller on a {@link Line}. */
public final class Passage {
  private final Set<Way> silent = EnumSet.noneOf(Way.class);
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile boolean cut;
  private volatile Duration delay = Duration.ZERO;

  Passage() {}

  /**
   * Nothing gets through this way, and nobody is told, as when packets are lost. What is under way
   * waits, as a sender's kernel would try again.
   */
  public synchronized void silence(Way way) {
    silent.add(way);
  }

  /** Every connection breaks, and none comes about any more: the other side says so. */
  public void cut() {
    cut = true;
    open.forEach(Passage::closeQuietly);
  }

  /** Whatever is sent at once arrives so much later, in both directions. */
  public void slow(Duration by) {
    delay = by;
  }

  /** All is well again. */
  public synchronized void mend() {
    cut = false;
    delay = Duration.ZERO;
    silent.clear();
    notifyAll();
  }

  /** Waits until bytes may go on. */
  void enter(Way way) throws InterruptedException {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(delay.toMillis()));
    synchronized (this) {
      while (silent.contains(way)) {
        wait();
      }
    }
  }

  /** A connection that ends when this passage is cut. */
  void opened(Socket socket) {
    open.add(socket);
    if (cut) {
      closeQuietly(socket);
    }
  }

  void closed(Socket socket) {
    closeQuietly(socket);
    open.remove(socket);
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException _) {
      // it is gone, which is what was wanted
    }
  }
}
