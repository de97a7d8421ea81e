package io.redoubt.proxy.upstream;

import io.netty.channel.EventLoop;
import io.redoubt.http.NetworkThread;
import io.redoubt.http.NetworkThreads;
import io.redoubt.proxy.upstream.UpstreamException.Reason;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.jspecify.annotations.Nullable;

/**
 * The way to every provider. TLS by the scheme of the address, with the name in the certificate
 * checked against it.
 */
public final class Upstreams {
  private final ActorSystem<?> system;
  private final UpstreamConfig config;
  private final UpstreamAddresses addresses;
  private final Executor blocking;
  private final UpstreamConnector connector;
  private final ConcurrentHashMap<String, UpstreamPool> pools = new ConcurrentHashMap<>();

  public Upstreams(ActorSystem<?> system, UpstreamConfig config) {
    this.system = system;
    this.config = config;
    this.addresses = new UpstreamAddresses(config, InetAddress::getAllByName);
    this.blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
    this.connector = new UpstreamConnector(config, NetworkThreads.of(system).group(), blocking);
  }

  /**
   * Sends a request.
   *
   * @param base whose scheme, host and port say where to
   * @param headTimeout until the head of the reply
   * @param mayGo asked when there is a connection, just before the first byte goes out; false
   *     withdraws the request
   * @throws IllegalArgumentException where a part of the request's head would end its line
   */
  public UpstreamCall send(
      URI base, UpstreamRequest request, Duration headTimeout, BooleanSupplier mayGo) {
    return send(base, request, headTimeout, mayGo, null);
  }

  /**
   * Sends a request.
   *
   * @param near the thread that its reply goes on to, so that it need not change threads on its
   *     way; null: none in particular
   */
  public UpstreamCall send(
      URI base,
      UpstreamRequest request,
      Duration headTimeout,
      BooleanSupplier mayGo,
      @Nullable NetworkThread near) {
    return pool(base).send(request, headTimeout, mayGo, near == null ? null : near.loop());
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
        origin, _ -> new UpstreamPool(system, config, new Origin(base.getHost(), port, secure)));
  }

  private final class Origin implements UpstreamPool.Origin {
    private final String host;
    private final int port;
    private final boolean secure;

    Origin(String host, int port, boolean secure) {
      this.host = host;
      this.port = port;
      this.secure = secure;
    }

    @Override
    public String hostAndPort() {
      return port == (secure ? 443 : 80) ? host : host + ':' + port;
    }

    @Override
    public CompletionStage<UpstreamConnection> connect(
        UpstreamPool pool, @Nullable EventLoop near) {
      return address(host, port).thenCompose(to -> connector.connect(host, to, secure, pool, near));
    }
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
}
