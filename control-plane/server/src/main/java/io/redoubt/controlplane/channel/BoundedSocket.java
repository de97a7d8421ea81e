package io.redoubt.controlplane.channel;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;

/**
 * A connection on which the other side may say only so much in all: who keeps its answers until
 * they end would keep an endless one, too.
 */
final class BoundedSocket extends Socket {
  private final int most;
  private int heard;

  BoundedSocket(int most) {
    this.most = most;
  }

  @Override
  public InputStream getInputStream() throws IOException {
    return new Bounded(super.getInputStream());
  }

  private synchronized void count(int bytes) throws IOException {
    heard += Math.max(0, bytes);
    if (heard > most) {
      throw new IOException("more than " + most + " bytes");
    }
  }

  private final class Bounded extends FilterInputStream {
    Bounded(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int read = super.read();
      count(read < 0 ? 0 : 1);
      return read;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int read = super.read(bytes, offset, length);
      count(read);
      return read;
    }
  }
}
