package io.redoubt.proxy.upstream;

import com.typesafe.config.ConfigFactory;
import io.redoubt.proxy.upstream.UpstreamException.Reason;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.http.javadsl.ClientTransport;
import org.apache.pekko.http.javadsl.ConnectionContext;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.HttpsConnectionContext;
import org.apache.pekko.http.javadsl.OutgoingConnection;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.settings.ClientConnectionSettings;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.util.ByteString;

/**
 * The way to every provider. TLS by the scheme of the address, with the name in the certificate
 * checked against it.
 */
public final class Upstreams {
  /** The fixed limits of a connection; whatever differs between deployments is configured. */
  private static final String CONNECTION =
      """
      user-agent-header = ""
      # Silence is limited per exchange, where a thinking model can be told from a dead one.
      idle-timeout = infinite
      stream-cancellation-delay = 0 ms
      parsing {
        max-header-count = 256
        max-header-value-length = 32k
        max-chunk-size = 16m
        max-content-length = infinite
        modeled-header-parsing = off
        illegal-header-warnings = off
        illegal-response-header-name-processing-mode = ignore
        illegal-response-header-value-processing-mode = ignore
      }
      """;

  private final ActorSystem<?> system;
  private final UpstreamConfig config;
  private final ClientConnectionSettings settings;
  private final HttpsConnectionContext tls;
  private final UpstreamAddresses addresses;
  private final Executor blocking;
  private final ConcurrentHashMap<String, UpstreamPool> pools = new ConcurrentHashMap<>();

  public Upstreams(ActorSystem<?> system, UpstreamConfig config) {
    this.system = system;
    this.config = config;
    this.settings = settings(system, config);
    this.addresses = new UpstreamAddresses(config, InetAddress::getAllByName);
    this.blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
    this.tls = ConnectionContext.httpsClient(TrustedCertificates.context(config.caFile()));
  }

  /**
   * Sends a request.
   *
   * @param base whose scheme, host and port say where to
   * @param request with a relative address
   * @param headTimeout until the head of the reply
   * @param mayGo asked when there is a connection, just before the first byte goes out; false
   *     withdraws the request
   */
  public UpstreamCall send(
      URI base, HttpRequest request, Duration headTimeout, BooleanSupplier mayGo) {
    return pool(base).send(request, headTimeout, mayGo);
  }

  private UpstreamPool pool(URI base) {
    boolean secure = "https".equalsIgnoreCase(base.getScheme());
    int port = base.getPort() > 0 ? base.getPort() : secure ? 443 : 80;
    String origin = (secure ? "https://" : "http://") + base.getHost() + ':' + port;
    var known = pools.get(origin);
    if (known != null) {
      return known;
    }
    if (pools.size() >= config.maxOrigins()) {
      pools.values().forEach(UpstreamPool::retire);
      pools.values().removeIf(UpstreamPool::isUnused);
      if (pools.size() >= config.maxOrigins()) {
        throw new UpstreamException(Reason.BUSY, null);
      }
    }
    return pools.computeIfAbsent(
        origin,
        _ ->
            new UpstreamPool(
                system,
                config,
                () -> address(base.getHost(), port),
                to -> transport(base.getHost(), to, secure)));
  }

  /** What the name means now: it may have changed since the last connection. */
  private CompletionStage<InetSocketAddress> address(String host, int port) {
    try {
      return CompletableFuture.supplyAsync(() -> addresses.of(host, port), blocking)
          .orTimeout(config.connectTimeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // The node is going down; thrown here, it would keep the connection's place taken.
      return CompletableFuture.failedFuture(new UpstreamException(Reason.UNREACHABLE, e));
    }
  }

  /** To that very address; the name is for TLS and the request alone. */
  private Flow<HttpRequest, HttpResponse, ?> transport(
      String host, InetSocketAddress to, boolean secure) {
    var connection =
        Http.get(system)
            .connectionTo(host)
            .toPort(to.getPort())
            .withClientConnectionSettings(settings.withTransport(new Direct(to)))
            .withCustomHttpsConnectionContext(tls);
    return secure ? connection.https() : connection.http();
  }

  /** TCP to an address that is known, whatever the host is called. */
  private static final class Direct extends ClientTransport {
    private final InetSocketAddress to;

    Direct(InetSocketAddress to) {
      this.to = to;
    }

    @Override
    public Flow<ByteString, ByteString, CompletionStage<OutgoingConnection>> connectTo(
        String host,
        int port,
        ClientConnectionSettings settings,
        org.apache.pekko.actor.ActorSystem system) {
      return ClientTransport.TCP()
          .connectTo(to.getAddress().getHostAddress(), to.getPort(), settings, system);
    }
  }

  private static ClientConnectionSettings settings(ActorSystem<?> system, UpstreamConfig config) {
    var merged =
        ConfigFactory.parseString(CONNECTION)
            .atPath("pekko.http.client")
            .withFallback(system.settings().config());
    var settings =
        ClientConnectionSettings.create(merged)
            .withConnectingTimeout(
                scala.concurrent.duration.Duration.fromNanos(config.connectTimeout().toNanos()));
    // Types that Pekko knows have a fixed charset, and would lose the one that the upstream names.
    return settings.withParserSettings(
        settings
            .getParserSettings()
            .withCustomMediaTypes(
                MediaTypes.customWithOpenCharset("application", "json", Map.of(), false),
                MediaTypes.customWithOpenCharset("text", "event-stream", Map.of(), false)));
  }
}
