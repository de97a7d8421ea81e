package io.redoubt.bench.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An event loop: connections and timed tasks, all on the thread that runs it. Nothing in it is safe
 * for a second thread. Times are those of {@link System#nanoTime()}.
 */
public final class Loop implements AutoCloseable {
  /**
   * The selector sleeps in whole milliseconds. A task may run this much early, so that none runs a
   * whole one late; no measurement starts from the time at which a task was due.
   */
  private static final long EARLY_NANOS = 500_000;

  private static final long LONGEST_SLEEP_MILLIS = 100;
  private static final int BACKLOG = 4096;

  private record Task(long due, Runnable action) {}

  private final Selector selector;
  // Compared by difference: nanoTime() has no origin and may wrap around.
  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>((a, b) -> Long.signum(a.due - b.due));
  private final ByteBuffer received = ByteBuffer.allocateDirect(64 * 1024);
  private final byte[] copied = new byte[64 * 1024];

  public Loop() throws IOException {
    selector = Selector.open();
  }

  /**
   * Connects, without waiting for it: a server that many come to at once lets some wait.
   *
   * @param from the address to come from; null: any
   */
  public Connection connect(
      InetSocketAddress address, @Nullable InetAddress from, HttpReader reader) throws IOException {
    var channel = SocketChannel.open();
    channel.configureBlocking(false);
    if (from != null) {
      channel.bind(new InetSocketAddress(from, 0));
    }
    return adopt(channel, reader, channel.connect(address));
  }

  /**
   * Listens on a free loopback port and answers which.
   *
   * @param readers makes the reader of each connection's requests
   */
  public int listen(Function<Connection.Sender, HttpReader> readers) throws IOException {
    var server = ServerSocketChannel.open();
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
    server.configureBlocking(false);
    server.register(selector, SelectionKey.OP_ACCEPT, (Ready) _ -> accept(server, readers));
    return server.socket().getLocalPort();
  }

  private void accept(ServerSocketChannel server, Function<Connection.Sender, HttpReader> readers)
      throws IOException {
    SocketChannel channel;
    while ((channel = server.accept()) != null) {
      var sender = new Connection.Sender();
      sender.of(adopt(channel, readers.apply(sender), true));
    }
  }

  private Connection adopt(SocketChannel channel, HttpReader reader, boolean connected)
      throws IOException {
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    var connection = new Connection(channel, reader, connected);
    SelectionKey key =
        channel.register(selector, connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT);
    key.attach((Ready) k -> connection.ready(k, received, copied));
    connection.registered(key);
    return connection;
  }

  /** Runs the action at about that time, unless the loop is no longer run then. */
  public void at(long due, Runnable action) {
    tasks.add(new Task(due, action));
  }

  /** Runs until that time. */
  public void runUntil(long end) throws IOException {
    runWhile(() -> true, end);
  }

  /** Runs while the condition holds, at most until that time; answers whether it ceased to hold. */
  public boolean runWhile(BooleanSupplier going, long end) throws IOException {
    while (going.getAsBoolean()) {
      long now = System.nanoTime();
      if (now - end >= 0) {
        return false;
      }
      runDue(now);
      select(end);
    }
    return true;
  }

  private void runDue(long now) {
    for (Task next = tasks.peek();
        next != null && next.due - now <= EARLY_NANOS;
        next = tasks.peek()) {
      tasks.remove();
      next.action.run();
    }
  }

  private void select(long end) throws IOException {
    Task next = tasks.peek();
    long until = next == null || next.due - end > 0 ? end : next.due;
    long nanos = until - System.nanoTime() - EARLY_NANOS;
    long millis = TimeUnit.NANOSECONDS.toMillis(nanos) + 1;
    if (nanos <= 0) {
      selector.selectNow(Loop::dispatch);
    } else {
      selector.select(Loop::dispatch, Math.min(millis, LONGEST_SLEEP_MILLIS));
    }
  }

  private static void dispatch(SelectionKey key) {
    try {
      ((Ready) key.attachment()).ready(key);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a selected key leads to. */
  private interface Ready {
    void ready(SelectionKey key) throws IOException;
  }

  @Override
  public void close() throws IOException {
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }
}
