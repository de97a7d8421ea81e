package io.redoubt.http;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.HttpsConnectionContext;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.AttributeKey;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaType;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.stream.javadsl.BidiFlow;
import org.apache.pekko.stream.javadsl.Flow;

/** Starts a server with the edge's limits. */
public final class HttpServer {
  /** On every request: completes when its client has closed the connection, or it broke. */
  @SuppressWarnings("unchecked")
  public static final AttributeKey<CompletionStage<Done>> CLIENT_GONE =
      (AttributeKey<CompletionStage<Done>>)
          (AttributeKey<?>) AttributeKey.create("client-gone", CompletionStage.class);

  /** Pekko's own drops a charset; whoever names one that is not UTF-8 is to hear of it. */
  private static final MediaType JSON_AS_SENT = MediaTypes.applicationWithOpenCharset("json");

  private HttpServer() {}

  /**
   * Binds.
   *
   * @param port 0: any free one
   * @param tls empty: plain HTTP, which belongs on a loopback address only
   * @param sealed a route that {@link HttpEdge} has sealed
   * @return fails where the address is taken
   */
  public static CompletionStage<ServerBinding> start(
      ActorSystem<?> system,
      String host,
      int port,
      Optional<HttpsConnectionContext> tls,
      EdgeConfig config,
      Route sealed) {
    return start(system, host, port, tls, config, sealed, Replies.stopping());
  }

  /**
   * Binds.
   *
   * @param stopping what requests hear that are still under way when {@link #stop} cuts them
   */
  public static CompletionStage<ServerBinding> start(
      ActorSystem<?> system,
      String host,
      int port,
      Optional<HttpsConnectionContext> tls,
      EdgeConfig config,
      Route sealed,
      HttpResponse stopping) {
    var settings = settings(system, config).withTerminationDeadlineExceededResponse(stopping);
    var builder = Http.get(system).newServerAt(host, port).withSettings(settings);
    var secured = tls.map(builder::enableHttps).orElse(builder);
    var handler = sealed.handler(system);
    var requests = Flow.of(HttpRequest.class).mapAsync(1, handler);
    var connections =
        new OpenConnections(config.maxConnectionsPerSource(), config.trustedProxies());
    var watch = new ConnectionWatch(config.headDeadline(), connections);
    return secured.bindFlow(BidiFlow.fromGraph(watch).join(requests));
  }

  /**
   * Stops accepting, lets what is under way end within the limit, and cuts the rest.
   *
   * @return completes when no connection is left
   */
  public static CompletionStage<Void> stop(ServerBinding binding, Duration limit) {
    return binding.terminate(limit).thenApply(_ -> null);
  }

  private static ServerSettings settings(ActorSystem<?> system, EdgeConfig config) {
    // Time-outs of the server's own are off: each part of an answer has a limit of its own, which
    // knows what to say. Likewise a body's length, whose limit differs from route to route.
    String overrides =
        """
        server-header = redoubt
        remote-address-attribute = on
        request-timeout = 0 s
        idle-timeout = %d ms
        max-connections = %d
        parsing {
          max-header-count = %d
          max-header-value-length = %d
          max-uri-length = %d
          max-content-length = infinite
          max-chunk-size = %d
          illegal-header-warnings = off
          error-handler = "%s"
        }
        """
            .formatted(
                config.silenceLimit().toMillis(),
                config.maxConnections(),
                config.maxHeaderCount(),
                config.maxHeaderBytes(),
                config.maxUriBytes(),
                config.maxChunkBytes(),
                UnparsableRequests.class.getName());
    var merged =
        ConfigFactory.parseString(overrides)
            .atPath("pekko.http.server")
            .withFallback(system.settings().config());
    var settings = ServerSettings.create(merged);
    return settings.withParserSettings(
        settings.getParserSettings().withCustomMediaTypes(JSON_AS_SENT));
  }
}
