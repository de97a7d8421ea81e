package io.redoubt.proxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import io.redoubt.proxy.upstream.UpstreamException.Reason;
import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * The near end of one HTTP connection to an upstream: it takes one request at a time, and can be
 * reset at any moment. What has no other mark belongs to the channel's own thread.
 */
final class UpstreamConnection extends ChannelInboundHandlerAdapter implements UpstreamBody.Source {
  /** What of a request is copied at a time: its head and most bodies are one write. */
  private static final int PIECE_BYTES = 64 * 1024;

  private final Channel channel;
  private final ReplyDecoder decoder;
  private final UpstreamPool pool;
  private final boolean secure;
  private final int bufferBytes;

  /** Whose reply is waited for or read; whoever takes it out decides what becomes of this. */
  private final AtomicReference<@Nullable UpstreamCall> serving = new AtomicReference<>();

  private volatile boolean reusable;

  private ByteString unsent = ByteString.emptyByteString();
  private boolean interim;
  private @Nullable ReplyHead head;
  private @Nullable UpstreamBody body;
  private ByteString arrived = ByteString.emptyByteString();
  private boolean complete = true;
  private boolean endedByPeer;

  /**
   * The last handler of a connection.
   *
   * @param secure whether a peer says so when it has said everything
   * @param bufferBytes of a reply that wait for their reader, and of a reply that is waited for
   */
  UpstreamConnection(
      Channel channel, ReplyDecoder decoder, UpstreamPool pool, boolean secure, int bufferBytes) {
    this.channel = channel;
    this.decoder = decoder;
    this.pool = pool;
    this.secure = secure;
    this.bufferBytes = bufferBytes;
  }

  boolean isOn(EventLoop thread) {
    return channel.eventLoop().equals(thread);
  }

  /** From any thread. */
  boolean isClosed() {
    return !channel.isOpen();
  }

  /** Sends a request; the one before must have been answered and read to its end. Any thread. */
  void send(UpstreamCall call) {
    if (channel.eventLoop().inEventLoop()) {
      sendNow(call);
    } else if (!execute(() -> sendNow(call))) {
      call.refuse(new UpstreamException(Reason.UNREACHABLE, null));
    }
  }

  /** Resets the connection if it still serves that call. Any thread. */
  void abandon(UpstreamCall call) {
    if (serving.compareAndSet(call, null)) {
      drop();
    }
  }

  /** Resets the connection. Any thread. */
  void drop() {
    var _ = execute(() -> reset(channel));
  }

  /**
   * That call is over: true if another may follow it here, else the connection goes. Any thread.
   */
  boolean isRid(UpstreamCall call) {
    if (!serving.compareAndSet(call, null)) {
      return false;
    }
    if (!reusable) {
      drop();
    }
    return reusable;
  }

  /** That call waits no longer: it gets the head of its reply, or hears that there is none. */
  void handOver(UpstreamCall call) {
    boolean asked =
        execute(() -> {
          if (serving.get() == call && head != null && body == null) {
            stream(call, head);
          } else {
            call.runsOut();
          }
        });
    if (!asked) {
      call.runsOut();
    }
  }

  /** False once the threads of the network have ended. */
  private boolean execute(Runnable what) {
    try {
      channel.eventLoop().execute(what);
      return true;
    } catch (RejectedExecutionException _) {
      return false;
    }
  }

  private void sendNow(UpstreamCall first) {
    for (var call = first; call != null; call = pool.nextOver(this)) {
      if (!channel.isActive()) {
        pool.dispatch(call); // nothing of it has gone out
        return;
      }
      serving.set(call);
      if (call.goesOver(this)) {
        begin(call);
        return;
      }
      serving.set(null);
    }
  }

  private void begin(UpstreamCall call) {
    interim = false;
    head = null;
    body = null;
    complete = false;
    reusable = false;
    decoder.expect();
    unsent = call.body();
    int most = ByteBufUtil.utf8MaxBytes(call.head()) + Math.min(unsent.size(), PIECE_BYTES);
    var first = channel.alloc().ioBuffer(most);
    ByteBufUtil.writeUtf8(first, call.head());
    fill(first);
    write(first);
    sendRest();
  }

  private void sendRest() {
    while (!unsent.isEmpty() && channel.isWritable()) {
      var piece = channel.alloc().ioBuffer(Math.min(unsent.size(), PIECE_BYTES));
      fill(piece);
      write(piece);
    }
  }

  private void fill(ByteBuf piece) {
    int size = Math.min(unsent.size(), PIECE_BYTES);
    int copied = unsent.copyToBuffer(piece.internalNioBuffer(piece.writerIndex(), size));
    piece.writerIndex(piece.writerIndex() + copied);
    unsent = unsent.drop(copied);
  }

  /** A write that fails is heard of like a read that does. */
  private void write(ByteBuf bytes) {
    var _ = channel.writeAndFlush(bytes, channel.voidPromise());
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    sendRest();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object part) {
    try {
      if (complete) {
        reset(channel); // more than was asked for
        return;
      }
      if (part instanceof HttpResponse response) {
        begins(response);
      }
      if (part instanceof HttpContent content) {
        goesOn(content);
      }
    } finally {
      ReferenceCountUtil.release(part);
    }
  }

  private void begins(HttpResponse response) {
    if (response.decoderResult().isFailure()) {
      fail(response.decoderResult().cause());
      return;
    }
    interim =
        response.status().codeClass() == HttpStatusClass.INFORMATIONAL
            && response.status().code() != 101;
    if (interim) {
      return;
    }
    try {
      head = ReplyHead.of(response);
    } catch (IllegalArgumentException e) {
      fail(e);
    }
  }

  private void goesOn(HttpContent content) {
    if (complete || interim) {
      return;
    }
    if (content.decoderResult().isFailure()) {
      fail(content.decoderResult().cause());
      return;
    }
    int size = content.content().readableBytes();
    if (size > 0) {
      byte[] bytes = new byte[size];
      content.content().readBytes(bytes);
      arrived = arrived.concat(ByteString.fromArrayUnsafe(bytes));
    }
    if (content instanceof LastHttpContent) {
      ends();
    } else if (arrived.size() > bufferBytes) {
      passOn();
    }
  }

  private void ends() {
    var ended = head;
    if (ended == null) {
      return;
    }
    if (ended.untilClosed() && secure && !endedByPeer) {
      fail(new IOException("closed without a word"));
      return;
    }
    complete = true;
    boolean inStep = decoder.isSatisfied();
    reusable = ended.keepsOpen() && !ended.untilClosed() && unsent.isEmpty() && inStep;
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    passOn();
  }

  /** What has come by now, in one piece: whoever reads it is told once. */
  private void passOn() {
    var call = serving.get();
    var replied = head;
    if (call == null || replied == null) {
      return;
    }
    if (body != null) {
      offer(body);
    } else if (complete) {
      head = null;
      var data = arrived;
      arrived = ByteString.emptyByteString();
      call.replied(reply(replied, new UpstreamReply.Whole(data)));
    } else if (replied.events() || replied.length().orElse(Long.MAX_VALUE) > bufferBytes) {
      stream(call, replied);
    }
    // Any other body that is short is waited for: whole, it costs half.
  }

  private void stream(UpstreamCall call, ReplyHead replied) {
    var streamed = new UpstreamBody(this, bufferBytes);
    body = streamed;
    offer(streamed);
    call.replied(reply(replied, new UpstreamReply.Streamed(replied.length(), streamed)));
  }

  private void offer(UpstreamBody to) {
    if (!arrived.isEmpty()) {
      var data = arrived;
      arrived = ByteString.emptyByteString();
      to.offer(data);
    }
    if (complete) {
      head = null;
      body = null;
      to.end(UpstreamBody.Standing.COMPLETE);
    }
  }

  private static UpstreamReply reply(ReplyHead head, UpstreamReply.Body body) {
    return new UpstreamReply(head.status(), head.reason(), head.headers(), body);
  }

  @Override
  public void pause() {
    channel.config().setAutoRead(false);
  }

  /** From any thread. */
  @Override
  public void resume() {
    try {
      channel.config().setAutoRead(true);
    } catch (RejectedExecutionException _) {
      // The threads of the network have ended: nothing more will come.
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof SslCloseCompletionEvent end && end.isSuccess()) {
      endedByPeer = true;
      var _ = context.close(); // nothing can follow, whatever becomes of the connection below
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    fail(cause);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    fail(new IOException("closed by the upstream"));
  }

  /** Whoever waits hears of it; what was read before still goes first. */
  private void fail(Throwable cause) {
    var call = serving.get();
    boolean under = !complete;
    complete = true;
    unsent = ByteString.emptyByteString();
    var reading = body;
    if (under && call != null && serving.compareAndSet(call, null)) {
      if (reading != null) {
        if (!arrived.isEmpty()) {
          reading.offer(arrived);
        }
        reading.end(UpstreamBody.Standing.BROKEN);
      } else {
        call.failed(UpstreamException.of(cause));
      }
    }
    head = null;
    body = null;
    arrived = ByteString.emptyByteString();
    reset(channel);
  }

  /** At once, whatever is still to be said below: the peer must not take it for a clean end. */
  static void reset(Channel channel) {
    if (channel.isOpen()) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
      var _ = channel.pipeline().firstContext().close();
    }
  }
}
