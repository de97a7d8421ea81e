package io.redoubt.proxy.upstream;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.util.ReferenceCountUtil;

/**
 * Takes replies apart as they arrive, one per request. What comes unasked is not looked at: a
 * connection that says more than it was asked for is out of step.
 */
final class ReplyDecoder extends HttpResponseDecoder {
  /** All lines of a head together, and the lines after a body likewise. */
  static final int MAX_HEAD_BYTES = 256 * 1024;

  /** Larger chunks are handed on in pieces, as far as they have come. */
  private static final int PIECE_BYTES = 64 * 1024;

  private boolean expecting;

  ReplyDecoder() {
    super(
        new HttpDecoderConfig()
            .setMaxHeaderSize(MAX_HEAD_BYTES)
            .setMaxChunkSize(PIECE_BYTES)
            // A line that may not go on is left out later on; its reply is not lost for that.
            .setHeadersFactory(DefaultHttpHeadersFactory.headersFactory().withValidation(false))
            .setTrailersFactory(DefaultHttpHeadersFactory.trailersFactory().withValidation(false))
            .setStrictLineParsing(false));
  }

  /** A request goes out. */
  void expect() {
    expecting = true;
  }

  /**
   * The reply has been handed on to its end.
   *
   * @return whether nothing came after it
   */
  boolean isSatisfied() {
    expecting = false;
    return actualReadableBytes() == 0;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object bytes) throws Exception {
    if (expecting) {
      super.channelRead(context, bytes);
    } else {
      ReferenceCountUtil.release(bytes);
      UpstreamConnection.reset(context.channel());
    }
  }
}
