package io.redoubt.http;

import com.typesafe.config.ConfigFactory;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import javax.net.ssl.SSLContext;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.AttributeKey;
import org.apache.pekko.http.javadsl.model.MediaType;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.http.javadsl.settings.ServerSettings;

/** A server that listens, with the edge's limits. */
public final class HttpServer {
  /** On every request: completes when its client has closed the connection, or it broke. */
  @SuppressWarnings("unchecked")
  public static final AttributeKey<CompletionStage<Done>> CLIENT_GONE =
      (AttributeKey<CompletionStage<Done>>)
          (AttributeKey<?>) AttributeKey.create("client-gone", CompletionStage.class);

  /** On every request: the thread that its answer is written by. */
  public static final AttributeKey<NetworkThread> CLIENT_THREAD =
      AttributeKey.create("client-thread", NetworkThread.class);

  /** On every request whose answer may be chunked: a shorter way for pieces of it. */
  public static final AttributeKey<ChunkWriter> CHUNK_WRITER =
      AttributeKey.create("chunk-writer", ChunkWriter.class);

  /** What answers say that they come from. */
  static final String NAME = "redoubt";

  /** Pekko's own drops a charset; whoever names one that is not UTF-8 is to hear of it. */
  private static final MediaType JSON_AS_SENT = MediaTypes.applicationWithOpenCharset("json");

  /** What an answer that is due at the limit may take to leave. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  private final ActorSystem<?> system;
  private final WatchedConnections watched;
  private final ChannelGroup connections;
  private final Listener listener;

  private HttpServer(
      ActorSystem<?> system,
      WatchedConnections watched,
      ChannelGroup connections,
      Listener listener) {
    this.system = system;
    this.watched = watched;
    this.connections = connections;
    this.listener = listener;
  }

  /**
   * Binds.
   *
   * @param port 0: any free one
   * @param tls empty: plain HTTP, which belongs on a loopback address only
   * @param sealed a route that {@link HttpEdge} has sealed
   * @return fails where the address is taken
   */
  public static CompletionStage<HttpServer> start(
      ActorSystem<?> system,
      String host,
      int port,
      Optional<SSLContext> tls,
      EdgeConfig config,
      Route sealed) {
    return start(system, host, port, tls, config, sealed, Unrouted.PROBLEMS);
  }

  /**
   * Binds.
   *
   * @param unrouted what is answered where no route is asked
   */
  public static CompletionStage<HttpServer> start(
      ActorSystem<?> system,
      String host,
      int port,
      Optional<SSLContext> tls,
      EdgeConfig config,
      Route sealed,
      Unrouted unrouted) {
    var settings = settings(system, config, unrouted);
    var watched = new WatchedConnections();
    var connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    var each =
        new ServedConnections(
            system, tls, config, settings, sealed, unrouted, watched, connections);
    var threads = NetworkThreads.of(system);
    var limit = new AcceptLimit(config.maxConnections());
    var bound =
        new ServerBootstrap()
            .group(threads.group())
            .channel(threads.listeners())
            // Those who come all at once find a place to wait in, and are not reset.
            .option(ChannelOption.SO_BACKLOG, config.maxConnections())
            .option(
                ChannelOption.RECVBUF_ALLOCATOR,
                new ServerChannelRecvByteBufAllocator().maxMessagesPerRead(1))
            .handler(limit)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childOption(
                ChannelOption.RECVBUF_ALLOCATOR,
                new AdaptiveRecvByteBufAllocator().maxMessagesPerRead(1))
            .childHandler(each)
            .bind(host, port);
    var server = new CompletableFuture<HttpServer>();
    var _ =
        bound.addListener(done -> {
          if (done.isSuccess()) {
            var listener = new Listener(bound.channel(), limit, config.maxConnections());
            server.complete(new HttpServer(system, watched, connections, listener));
          } else {
            server.completeExceptionally(done.cause());
          }
        });
    return server;
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return (InetSocketAddress) listener.channel().localAddress();
  }

  /** Accepts no more connections, and completes when those that were accepted are known here. */
  public CompletionStage<Void> unbind() {
    return completed(listener.close())
        .thenCompose(_ -> {
          // Each was handed to one of these, and comes before this.
          var known = new ArrayList<CompletableFuture<Void>>();
          for (EventExecutor thread : NetworkThreads.of(system).group()) {
            known.add(CompletableFuture.runAsync(() -> {}, thread));
          }
          return CompletableFuture.allOf(known.toArray(CompletableFuture<?>[]::new));
        });
  }

  /**
   * Stops accepting, lets what is under way end within the limit, and cuts the rest.
   *
   * @return completes when no connection is left
   */
  public CompletionStage<Void> stop(Duration limit) {
    return unbind()
        .thenCompose(_ -> {
          watched.stop(limit);
          var cut =
              system
                  .scheduler()
                  .scheduleOnce(
                      limit.plus(LAST_WORDS),
                      () -> connections.forEach(ClientConnection::reset),
                      system.executionContext());
          return completed(connections.newCloseFuture()).whenComplete((_, _) -> cut.cancel());
        });
  }

  private static CompletionStage<Void> completed(Future<Void> future) {
    var completed = new CompletableFuture<Void>();
    var _ = future.addListener(_ -> completed.complete(null));
    return completed;
  }

  private static ServerSettings settings(
      ActorSystem<?> system, EdgeConfig config, Unrouted unrouted) {
    // Time-outs of the server's own are off: each part of an answer has a limit of its own, which
    // knows what to say. Likewise a body's length, whose limit differs from route to route.
    String overrides =
        """
        server-header = %s
        remote-address-attribute = on
        request-timeout = 0 s
        # RFC 9110, section 9.3.2: whatever can be got can be asked for without its body.
        transparent-head-requests = on
        # Who waits for people may wait for minutes, and be gone without a word.
        socket-options.so-keepalive = on
        parsing {
          max-header-count = %d
          max-header-value-length = %d
          max-uri-length = %d
          max-content-length = infinite
          max-chunk-size = %d
          illegal-header-warnings = off
          # Read and written anew, a header would not be what the client sent.
          modeled-header-parsing = off
          error-handler = "%s"
        }
        """
            .formatted(
                NAME,
                config.maxHeaderCount(),
                config.maxHeaderBytes(),
                config.maxUriBytes(),
                config.maxChunkBytes(),
                unrouted.unparsable().getName());
    var merged =
        ConfigFactory.parseString(overrides)
            .atPath("pekko.http.server")
            .withFallback(system.settings().config());
    var settings = ServerSettings.create(merged);
    return settings.withParserSettings(
        settings.getParserSettings().withCustomMediaTypes(JSON_AS_SENT));
  }
}
