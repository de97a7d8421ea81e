package io.redoubt.proxy.upstream;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.redoubt.proxy.upstream.UpstreamException.Reason;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/** Makes connections: TCP to an address that is known, and TLS with the name checked. */
final class UpstreamConnector {
  private final UpstreamConfig config;
  private final SSLContext tls;
  private final Executor blocking;
  private final Bootstrap bootstrap;

  /**
   * On threads of the network.
   *
   * @param blocking where certificates are checked, which takes milliseconds
   */
  UpstreamConnector(UpstreamConfig config, EventLoopGroup threads, Executor blocking) {
    this.config = config;
    this.tls = TrustedCertificates.context(config.caFile(), UpstreamConfig.PATH + ".ca-file");
    this.blocking = blocking;
    this.bootstrap =
        new Bootstrap()
            .group(threads)
            .channel(NioSocketChannel.class)
            .disableResolver() // nobody further on looks a name up once more
            .option(
                ChannelOption.CONNECT_TIMEOUT_MILLIS,
                Math.toIntExact(config.connectTimeout().toMillis()));
  }

  /**
   * Makes one.
   *
   * @param host for TLS alone
   * @param pool that it belongs to, which hears when it is closed
   * @param near the thread that it is to be on; null: any
   */
  CompletionStage<UpstreamConnection> connect(
      String host,
      InetSocketAddress to,
      boolean secure,
      UpstreamPool pool,
      @Nullable EventLoop near) {
    var made = new CompletableFuture<UpstreamConnection>();
    var setUp = new SetUp(host, to.getPort(), secure, pool);
    var own = near == null ? bootstrap.clone() : bootstrap.clone(near);
    var connecting = own.handler(setUp).connect(to);
    var _ =
        connecting.addListener(done -> {
          if (done.isSuccess()) {
            setUp.complete(connecting.channel(), made);
          } else {
            made.completeExceptionally(new UpstreamException(Reason.UNREACHABLE, done.cause()));
          }
        });
    return made;
  }

  private final class SetUp extends ChannelInitializer<Channel> {
    private final String host;
    private final int port;
    private final boolean secure;
    private final UpstreamPool pool;

    SetUp(String host, int port, boolean secure, UpstreamPool pool) {
      this.host = host;
      this.port = port;
      this.secure = secure;
      this.pool = pool;
    }

    @Override
    protected void initChannel(Channel channel) {
      if (secure) {
        var handler = new SslHandler(engine(), blocking);
        handler.setHandshakeTimeoutMillis(config.connectTimeout().toMillis());
        channel.pipeline().addLast(handler);
      }
      var decoder = new ReplyDecoder();
      channel.pipeline().addLast(decoder);
      channel
          .pipeline()
          .addLast(
              new UpstreamConnection(channel, decoder, pool, secure, config.replyBufferBytes()));
    }

    private SSLEngine engine() {
      boolean bracketed = host.startsWith("[");
      var engine =
          tls.createSSLEngine(bracketed ? host.substring(1, host.length() - 1) : host, port);
      engine.setUseClientMode(true);
      var parameters = engine.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      engine.setSSLParameters(parameters);
      return engine;
    }

    void complete(Channel channel, CompletableFuture<UpstreamConnection> made) {
      var connection = channel.pipeline().get(UpstreamConnection.class);
      var ssl = channel.pipeline().get(SslHandler.class);
      if (connection == null) {
        made.completeExceptionally(new UpstreamException(Reason.UNREACHABLE, null));
        return; // closed again before anybody could look
      }
      if (ssl == null) {
        opened(channel, connection, made);
        return;
      }
      var _ =
          ssl.handshakeFuture()
              .addListener(done -> {
                if (done.isSuccess()) {
                  opened(channel, connection, made);
                } else {
                  UpstreamConnection.reset(channel);
                  made.completeExceptionally(
                      new UpstreamException(Reason.UNREACHABLE, done.cause()));
                }
              });
    }

    private void opened(
        Channel channel,
        UpstreamConnection connection,
        CompletableFuture<UpstreamConnection> made) {
      var _ = channel.closeFuture().addListener(_ -> pool.closed());
      made.complete(connection);
    }
  }
}
