package io.redoubt.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.IdleStateHandler;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.event.Logging;
import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.http.scaladsl.Http;
import org.apache.pekko.http.scaladsl.HttpExt;
import org.apache.pekko.japi.function.Function;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.TLSProtocol.SslTlsInbound;
import org.apache.pekko.stream.TLSProtocol.SslTlsOutbound;
import org.apache.pekko.stream.javadsl.BidiFlow;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.TLSPlacebo;
import org.apache.pekko.util.ByteString;
import scala.Option;

/**
 * Makes a stream of each connection that is accepted: its bytes, HTTP, the watch over it, and the
 * routes. The stream runs on the connection's own thread; the routes do not, for they compute.
 */
@ChannelHandler.Sharable
final class ServedConnections extends ChannelInitializer<Channel> {
  private final Optional<SSLContext> tls;
  private final EdgeConfig config;
  private final ServerSettings settings;
  private final Unrouted unrouted;
  private final WatchedConnections watched;
  private final ChannelGroup all;
  private final OpenConnections sources;
  private final NetworkThreads threads;
  private final Executor blocking;
  private final Materializer materializer;
  private final HttpExt http;
  private final LoggingAdapter log;
  private final Flow<HttpRequest, HttpResponse, NotUsed> requests;

  ServedConnections(
      ActorSystem<?> system,
      Optional<SSLContext> tls,
      EdgeConfig config,
      ServerSettings settings,
      Route sealed,
      Unrouted unrouted,
      WatchedConnections watched,
      ChannelGroup all) {
    this.tls = tls;
    this.config = config;
    this.settings = settings;
    this.unrouted = unrouted;
    this.watched = watched;
    this.all = all;
    this.sources = new OpenConnections(config.maxConnectionsPerSource(), config.trustedProxies());
    this.threads = NetworkThreads.of(system);
    this.blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
    this.materializer = SystemMaterializer.get(system).materializer();
    this.http = Http.apply(system.classicSystem());
    this.log = new ServerLog(Logging.getLogger(system.classicSystem(), HttpServer.class));
    var handler = sealed.handler(system);
    Executor routes = system.executionContext();
    this.requests = Flow.of(HttpRequest.class).mapAsync(1, elsewhere(handler, routes));
  }

  private static Function<HttpRequest, CompletionStage<HttpResponse>> elsewhere(
      Function<HttpRequest, CompletionStage<HttpResponse>> handler, Executor routes) {
    return request -> {
      var answer = new CompletableFuture<HttpResponse>();
      routes.execute(() -> {
        try {
          // On the thread that answers: what Scala's futures are turned into would hand it to a
          // pool of their own, for nothing but to hand it on.
          handler
              .apply(request)
              .whenCompleteAsync(
                  (response, failure) -> {
                    if (failure == null) {
                      answer.complete(response);
                    } else {
                      answer.completeExceptionally(failure);
                    }
                  },
                  Runnable::run);
        } catch (Exception e) {
          answer.completeExceptionally(e);
        }
      });
      return answer;
    };
  }

  @Override
  protected void initChannel(Channel channel) {
    if (!(channel.remoteAddress() instanceof InetSocketAddress peer)
        || !sources.admit(peer.getAddress())) {
      ClientConnection.reset(channel); // unread: what it would say costs what is to be saved
      return;
    }
    all.add(channel);
    var _ = channel.closeFuture().addListener(_ -> sources.giveBack(peer.getAddress()));
    tls.ifPresent(context -> channel.pipeline().addLast(new SslHandler(engine(context), blocking)));
    channel
        .pipeline()
        .addLast(
            new IdleStateHandler(0, 0, config.silenceLimit().toMillis(), TimeUnit.MILLISECONDS));
    var connection = new ClientConnection(channel);
    channel.pipeline().addLast(connection);
    serve(channel, peer, connection);
  }

  private static SSLEngine engine(SSLContext context) {
    var engine = context.createSSLEngine();
    engine.setUseClientMode(false);
    return engine;
  }

  private void serve(Channel channel, InetSocketAddress peer, ClientConnection connection) {
    var thread = threads.of(channel);
    var watch = new ConnectionWatch(config.headDeadline(), unrouted, watched, thread, connection);
    var _ =
        serverLayer(peer)
            .join(Flow.fromGraph(new ConnectionStage(connection)))
            .join(BidiFlow.fromGraph(watch).join(requests))
            .addAttributes(ActorAttributes.dispatcher(thread.dispatcher()))
            .run(materializer);
  }

  /** That of the Java API cannot say that a connection is secure, which is our affair below it. */
  @SuppressWarnings("unchecked")
  private BidiFlow<HttpResponse, ByteString, ByteString, HttpRequest, NotUsed> serverLayer(
      InetSocketAddress peer) {
    var layer =
        http.serverLayer(
            (org.apache.pekko.http.scaladsl.settings.ServerSettings) settings,
            Option.apply(peer),
            log,
            tls.isPresent());
    var plain =
        (BidiFlow<SslTlsOutbound, ByteString, ByteString, SslTlsInbound, NotUsed>)
            (BidiFlow<?, ?, ?, ?, ?>) TLSPlacebo.getInstance();
    return ((BidiFlow<HttpResponse, SslTlsOutbound, SslTlsInbound, HttpRequest, NotUsed>)
            (BidiFlow<?, ?, ?, ?, ?>) new BidiFlow<>(layer))
        .atop(plain);
  }
}
