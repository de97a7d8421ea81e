package io.redoubt.bench.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** One TCP connection of a {@link Loop}. What it receives goes to its {@link HttpReader}. */
public final class Connection {
  /** The sending half, for a reader that is made before its connection. */
  public static final class Sender {
    private @Nullable Connection connection;

    void of(Connection connection) {
      this.connection = connection;
    }

    public void send(byte[] bytes) {
      if (connection != null) {
        connection.send(bytes);
      }
    }

    public boolean isOpen() {
      return connection != null && connection.isOpen();
    }

    public void close() {
      if (connection != null) {
        connection.close();
      }
    }
  }

  private final SocketChannel channel;
  private final HttpReader reader;
  private final ArrayDeque<ByteBuffer> unsent = new ArrayDeque<>();
  private @Nullable SelectionKey key;
  private boolean connected;

  Connection(SocketChannel channel, HttpReader reader, boolean connected) {
    this.channel = channel;
    this.reader = reader;
    this.connected = connected;
  }

  void registered(SelectionKey key) {
    this.key = key;
  }

  /** Sends, or keeps what the socket does not take now. Nothing happens once it is closed. */
  public void send(byte[] bytes) {
    var buffer = ByteBuffer.wrap(bytes);
    if (!connected) {
      unsent.add(buffer);
      return;
    }
    if (unsent.isEmpty()) {
      write(buffer);
    }
    if (buffer.hasRemaining() && channel.isOpen()) {
      unsent.add(buffer);
      interest(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
    }
  }

  void ready(SelectionKey selected, ByteBuffer received, byte[] copied) {
    if (selected.isValid() && selected.isConnectable()) {
      finishConnecting();
    }
    if (selected.isValid() && selected.isWritable()) {
      flush();
    }
    if (selected.isValid() && selected.isReadable()) {
      read(received, copied);
    }
  }

  private void finishConnecting() {
    try {
      connected = channel.finishConnect();
      if (connected) {
        flush();
      }
    } catch (IOException e) {
      broken("cannot connect: " + e.getMessage());
    }
  }

  private void flush() {
    for (ByteBuffer next = unsent.peek(); next != null; next = unsent.peek()) {
      write(next);
      if (next.hasRemaining()) {
        return;
      }
      unsent.remove();
    }
    interest(SelectionKey.OP_READ);
  }

  private void write(ByteBuffer bytes) {
    try {
      channel.write(bytes);
    } catch (IOException e) {
      broken(String.valueOf(e.getMessage()));
    }
  }

  private void read(ByteBuffer received, byte[] copied) {
    try {
      received.clear();
      int length = channel.read(received);
      if (length < 0) {
        broken("closed by the peer");
        return;
      }
      received.flip().get(copied, 0, length);
      reader.push(copied, length);
    } catch (IOException e) {
      broken(String.valueOf(e.getMessage()));
    }
  }

  private void interest(int operations) {
    if (key != null && key.isValid()) {
      key.interestOps(operations);
    }
  }

  private void broken(String why) {
    if (channel.isOpen()) {
      close();
      reader.broken(why);
    }
  }

  public boolean isOpen() {
    return channel.isOpen();
  }

  /** Closes it; its reader hears nothing more. */
  public void close() {
    try {
      unsent.clear();
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
