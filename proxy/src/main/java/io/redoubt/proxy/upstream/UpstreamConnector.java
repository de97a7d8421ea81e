package io.redoubt.proxy.upstream;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import io.redoubt.http.NetworkThreads;
import io.redoubt.proxy.upstream.UpstreamException.Reason;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/** Makes connections: TCP to an address that is known, and TLS with the name checked. */
final class UpstreamConnector {
  private final UpstreamConfig config;
  private final SSLContext usualTls;
  private final Executor blocking;
  private final Bootstrap bootstrap;

  /**
   * On threads of the network.
   *
   * @param blocking where certificates are checked, which takes milliseconds
   */
  UpstreamConnector(UpstreamConfig config, NetworkThreads threads, Executor blocking) {
    this.config = config;
    this.usualTls = TrustedCertificates.context(config.caFile(), UpstreamConfig.PATH + ".ca-file");
    this.blocking = blocking;
    this.bootstrap =
        new Bootstrap()
            .group(threads.group())
            .channel(threads.connections())
            .disableResolver(); // nobody further on looks a name up once more
  }

  /** How TLS is spoken where nothing else is said. */
  SSLContext usualTls() {
    return usualTls;
  }

  /**
   * Makes one.
   *
   * @param host for TLS alone
   * @param tls says whose certificate is believed; null: in the clear
   * @param timeout of the connection, and once more of TLS
   * @param pool that it belongs to, which hears when it is closed
   * @param near the thread that it is to be on; null: any
   */
  CompletionStage<UpstreamConnection> connect(
      String host,
      InetSocketAddress to,
      @Nullable SSLContext tls,
      Duration timeout,
      UpstreamPool pool,
      @Nullable EventLoop near) {
    var made = new CompletableFuture<UpstreamConnection>();
    var setUp = new SetUp(host, to.getPort(), tls, timeout, pool);
    var own = near == null ? bootstrap.clone() : bootstrap.clone(near);
    own.option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(timeout.toMillis()));
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
    private final @Nullable SSLContext tls;
    private final Duration timeout;
    private final UpstreamPool pool;

    SetUp(String host, int port, @Nullable SSLContext tls, Duration timeout, UpstreamPool pool) {
      this.host = host;
      this.port = port;
      this.tls = tls;
      this.timeout = timeout;
      this.pool = pool;
    }

    @Override
    protected void initChannel(Channel channel) {
      if (tls != null) {
        var handler = new SslHandler(engine(tls), blocking);
        handler.setHandshakeTimeoutMillis(timeout.toMillis());
        channel.pipeline().addLast(handler);
      }
      var decoder = new ReplyDecoder();
      channel.pipeline().addLast(decoder);
      channel
          .pipeline()
          .addLast(
              new UpstreamConnection(
                  channel, decoder, pool, tls != null, config.replyBufferBytes()));
    }

    private SSLEngine engine(SSLContext tls) {
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
