package io.redoubt.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * The near end of one client's connection, between its channel and its stream, which run on the
 * same thread: nothing here is for any other. One read is made ahead of the stream, so that the end
 * of the connection is noticed while an answer is on its way; no second one before the first is
 * taken.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter implements ChunkWriter {
  /** What is copied out of the heap at a time: most answers are one write. */
  private static final int PIECE_BYTES = 64 * 1024;

  /**
   * How long, and for how much, a peer is listened to that is still sending after the last word.
   */
  private static final Duration LINGER = Duration.ofSeconds(1);

  private static final int MAX_DISCARDED = 1024 * 1024;

  private static final byte[] LINE_END = {'\r', '\n'};

  private final Channel channel;
  private Runnable stirred = ClientConnection::tellNobody;
  private boolean attached;
  private ByteString arrived = ByteString.emptyByteString();
  private boolean headBegun;
  private ByteString unsent = ByteString.emptyByteString();
  private boolean writing;
  private boolean answered;
  private Runnable ready = ClientConnection::tellNobody;
  private boolean ended;
  private boolean closing;
  private boolean lingering;
  private int discarded;
  private @Nullable Throwable broken;

  /** The last handler of a channel that does not read by itself. */
  ClientConnection(Channel channel) {
    this.channel = channel;
  }

  private static void tellNobody() {
    // nothing waits
  }

  /** The stream is there: reading begins. */
  void attach(Runnable stirred) {
    this.stirred = stirred;
    attached = true;
    if (broken == null && !ended) {
      channel.read();
    } else {
      stirred.run();
    }
  }

  /** What has come, perhaps nothing; more is then read. */
  ByteString take() {
    var taken = arrived;
    if (!taken.isEmpty()) {
      arrived = ByteString.emptyByteString();
      headBegun = true;
      if (!ended) {
        channel.read();
      }
    }
    return taken;
  }

  /** All that was asked is answered: what the stream takes from now on begins another request. */
  void expectHead() {
    headBegun = false;
  }

  /** Whether it has taken something since. */
  boolean hasBegunHead() {
    return headBegun;
  }

  /** Whether the client has said everything, and all of it was taken. */
  boolean isExhausted() {
    return ended && arrived.isEmpty();
  }

  /** Why nothing can be read or written any more; null while it can. */
  @Nullable Throwable broken() {
    return broken;
  }

  boolean isWriting() {
    return writing;
  }

  /** The stream is given an answer: its next word is the head. */
  void expectAnswer() {
    answered = false;
  }

  /**
   * Writes, behind what is under way; a body that was written past the stream has ended by that.
   *
   * @return whether all of it has left; otherwise the stream hears when it has
   */
  boolean send(ByteString bytes) {
    answered = true;
    ready = ClientConnection::tellNobody;
    unsent = unsent.concat(bytes);
    return !writing && sendOn();
  }

  @Override
  public void run(Runnable task) {
    if (channel.eventLoop().inEventLoop()) {
      task.run();
      return;
    }
    try {
      channel.eventLoop().execute(task);
    } catch (RejectedExecutionException _) {
      // The threads of the network have ended, and with them the connection.
    }
  }

  @Override
  public boolean begin(Runnable told) {
    if (!answered || writing || closing || broken != null) {
      return false;
    }
    ready = told;
    return true;
  }

  @Override
  public boolean write(ByteString piece) {
    return hasLeft(channel.writeAndFlush(chunk(piece)));
  }

  private ByteBuf chunk(ByteString piece) {
    int size = piece.size();
    String length = Integer.toHexString(size);
    var chunk = channel.alloc().ioBuffer(length.length() + size + 2 * LINE_END.length);
    chunk.writeCharSequence(length, US_ASCII);
    chunk.writeBytes(LINE_END);
    int copied = piece.copyToBuffer(chunk.internalNioBuffer(chunk.writerIndex(), size));
    chunk.writerIndex(chunk.writerIndex() + copied);
    return chunk.writeBytes(LINE_END);
  }

  /**
   * Writes past the stream, which has nothing to say and ends now. Not a word where an answer has
   * not left yet: it would stand in its midst.
   */
  void sayLast(ByteString bytes) {
    if (!writing && !closing && broken == null) {
      boolean _ = send(bytes);
    }
  }

  private boolean sendOn() {
    while (!unsent.isEmpty()) {
      if (!hasLeft(channel.writeAndFlush(piece()))) {
        return false;
      }
    }
    return true;
  }

  private boolean hasLeft(ChannelFuture written) {
    if (!written.isDone()) {
      writing = true;
      var _ = written.addListener(this::left);
      return false;
    }
    if (!written.isSuccess()) {
      breakOff(written.cause());
      return false;
    }
    return true;
  }

  private ByteBuf piece() {
    int size = Math.min(unsent.size(), PIECE_BYTES);
    var piece = channel.alloc().ioBuffer(size);
    int copied = unsent.copyToBuffer(piece.internalNioBuffer(piece.writerIndex(), size));
    piece.writerIndex(piece.writerIndex() + copied);
    unsent = unsent.drop(copied);
    return piece;
  }

  private void left(Future<? super Void> written) {
    writing = false;
    if (!written.isSuccess()) {
      breakOff(written.cause());
    } else if (sendOn()) {
      if (closing) {
        close();
      } else {
        ready.run();
        stirred.run();
      }
    }
  }

  /** Nothing more will be said: closes when what was said has left. */
  void closeWhenSent() {
    closing = true;
    if (!writing) {
      close();
    }
  }

  /**
   * A peer that is still sending would be answered with a reset, which can overtake the last
   * answer: it hears first that nothing more comes, and what it sends meanwhile is dropped, in
   * bounds.
   */
  private void close() {
    if (!headBegun || ended || lingering || channel.pipeline().get(SslHandler.class) != null) {
      closeNow();
      return;
    }
    lingering = true;
    var _ = ((DuplexChannel) channel).shutdownOutput();
    var _ = channel.eventLoop().schedule(this::closeNow, LINGER.toMillis(), TimeUnit.MILLISECONDS);
    discard();
  }

  private void discard() {
    discarded += arrived.size();
    arrived = ByteString.emptyByteString();
    if (discarded < MAX_DISCARDED) {
      channel.read();
    } else {
      closeNow();
    }
  }

  private void closeNow() {
    var _ = channel.close();
  }

  /** Unless it is closing already: at once, and so that the client cannot take it for an end. */
  void resetUnlessClosing() {
    if (!closing) {
      reset();
    }
  }

  /** At once, whatever was still to be said. */
  void reset() {
    closing = true;
    reset(channel);
  }

  static void reset(Channel channel) {
    if (channel.isOpen()) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
      var _ = channel.pipeline().firstContext().close();
    }
  }

  private void breakOff(Throwable cause) {
    if (broken == null) {
      broken = cause;
      ended = true;
      unsent = ByteString.emptyByteString();
      ready = ClientConnection::tellNobody;
      close();
      stirred.run();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    var read = (ByteBuf) message;
    try {
      byte[] bytes = new byte[read.readableBytes()];
      read.readBytes(bytes);
      arrived = arrived.concat(ByteString.fromArrayUnsafe(bytes));
    } finally {
      read.release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (lingering) {
      discard();
    } else if (!arrived.isEmpty()) {
      stirred.run();
    } else if (attached && !ended) {
      context.read(); // of a handshake, or a part of a record: nothing for the stream yet
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof IdleStateEvent) {
      breakOff(new IOException("silent for too long"));
    } else if (event instanceof ChannelInputShutdownEvent
        || event instanceof SslCloseCompletionEvent) {
      end();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end();
  }

  private void end() {
    if (!ended) {
      ended = true;
      if (lingering) {
        close();
      } else {
        stirred.run();
      }
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    breakOff(cause);
  }
}
