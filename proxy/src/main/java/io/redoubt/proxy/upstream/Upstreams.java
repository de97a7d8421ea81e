package io.redoubt.proxy.upstream;

import io.netty.channel.EventLoop;
import io.redoubt.http.NetworkThread;
import io.redoubt.http.NetworkThreads;
import io.redoubt.protocol.net.Cidr;
import io.redoubt.proxy.upstream.UpstreamException.Reason;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.jspecify.annotations.Nullable;

/**
 * The way to every provider. TLS by the scheme of the address, with the name in the certificate
 * checked against it. Who believes another authority, or waits longer, has connections of his own.
 */
public final class Upstreams {
  private final ActorSystem<?> system;
  private final UpstreamConfig config;
  private final UpstreamAddresses addresses;
  private final Executor blocking;
  private final UpstreamConnector connector;
  private final ConcurrentHashMap<PoolKey, UpstreamPool> pools = new ConcurrentHashMap<>();

  private record PoolKey(
      String origin, @Nullable String caPem, @Nullable Duration timeout, List<Cidr> denied) {}

  public Upstreams(ActorSystem<?> system, UpstreamConfig config) {
    this.system = system;
    this.config = config;
    this.addresses = new UpstreamAddresses(config, InetAddress::getAllByName);
    this.blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
    this.connector = new UpstreamConnector(config, NetworkThreads.of(system), blocking);
  }

  /**
   * Sends a request.
   *
   * @param to where to
   * @param headTimeout until the head of the reply
   * @param mayGo asked when there is a connection, just before the first byte goes out; false
   *     withdraws the request
   * @throws IllegalArgumentException where a part of the request's head would end its line
   */
  public UpstreamCall send(
      Destination to, UpstreamRequest request, Duration headTimeout, BooleanSupplier mayGo) {
    return send(to, request, headTimeout, mayGo, null);
  }

  /**
   * Sends a request.
   *
   * @param near the thread that its reply goes on to, so that it need not change threads on its
   *     way; null: none in particular
   */
  public UpstreamCall send(
      Destination to,
      UpstreamRequest request,
      Duration headTimeout,
      BooleanSupplier mayGo,
      @Nullable NetworkThread near) {
    return pool(to).send(request, headTimeout, mayGo, near == null ? null : near.loop());
  }

  private UpstreamPool pool(Destination to) {
    URI base = to.base();
    boolean secure = to.secure();
    int port = to.port();
    String origin = (secure ? "https://" : "http://") + base.getHost() + ':' + port;
    var key =
        new PoolKey(origin, secure ? to.caPem() : null, to.connectTimeout(), to.deniedAddresses());
    var known = pools.get(key);
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
        key,
        _ ->
            new UpstreamPool(
                system,
                config,
                new Origin(
                    base.getHost(),
                    port,
                    secure ? tls(to.caPem()) : null,
                    to.connectTimeout() == null ? config.connectTimeout() : to.connectTimeout(),
                    to.deniedAddresses())));
  }

  private SSLContext tls(@Nullable String caPem) {
    try {
      return caPem == null ? connector.usualTls() : TrustedCertificates.onlyThose(caPem);
    } catch (IllegalArgumentException e) {
      throw new UpstreamException(Reason.UNREACHABLE, e);
    }
  }

  private final class Origin implements UpstreamPool.Origin {
    private final String host;
    private final int port;
    private final @Nullable SSLContext tls;
    private final Duration timeout;
    private final List<Cidr> denied;

    Origin(String host, int port, @Nullable SSLContext tls, Duration timeout, List<Cidr> denied) {
      this.host = host;
      this.port = port;
      this.tls = tls;
      this.timeout = timeout;
      this.denied = denied;
    }

    @Override
    public String hostAndPort() {
      return port == (tls == null ? 80 : 443) ? host : host + ':' + port;
    }

    @Override
    public CompletionStage<UpstreamConnection> connect(
        UpstreamPool pool, @Nullable EventLoop near) {
      return address(host, port, timeout, denied)
          .thenCompose(to -> connector.connect(host, to, tls, timeout, pool, near));
    }
  }

  /** What the name means now: it may have changed since the last connection. */
  private CompletionStage<InetSocketAddress> address(
      String host, int port, Duration timeout, List<Cidr> denied) {
    try {
      return CompletableFuture.supplyAsync(() -> addresses.of(host, port, denied), blocking)
          .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // The node is going down; thrown here, it would keep the connection's place taken.
      return CompletableFuture.failedFuture(new UpstreamException(Reason.UNREACHABLE, e));
    }
  }
}
