package io.redoubt.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** Accepts no more connections than a limit at a time; further ones wait in the kernel. */
final class AcceptLimit extends ChannelInboundHandlerAdapter {
  private final int most;
  private int open;
  private long total;

  /** For a listening channel that accepts one connection at a time. */
  AcceptLimit(int most) {
    this.most = most;
  }

  /** Accepted so far; for the channel's own thread. */
  long total() {
    return total;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object accepted) {
    total++;
    if (++open >= most) {
      context.channel().config().setAutoRead(false);
    }
    var _ =
        ((Channel) accepted)
            .closeFuture()
            .addListener(_ -> context.executor().execute(() -> oneLess(context)));
    context.fireChannelRead(accepted);
  }

  private void oneLess(ChannelHandlerContext context) {
    if (open-- == most) {
      context.channel().config().setAutoRead(true);
    }
  }
}
