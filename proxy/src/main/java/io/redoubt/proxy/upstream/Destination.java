package io.redoubt.proxy.upstream;

import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.net.Cidr;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a request goes, and how its connection is made.
 *
 * @param base whose scheme, host and port say where
 * @param caPem whose certificates are believed, and nobody else's; null: those of the configuration
 * @param connectTimeout of a connection, name look-up included; null: the configuration's
 * @param deniedAddresses where it does not go, beside those of the configuration
 */
public record Destination(
    URI base,
    @Nullable String caPem,
    @Nullable Duration connectTimeout,
    List<Cidr> deniedAddresses) {

  /** As the configuration says. */
  public static Destination at(URI base) {
    return new Destination(base, null, null, List.of());
  }

  /** As the provider's own settings say. */
  public static Destination of(ProviderSpec provider) {
    return of(provider.baseUrl(), provider.tls(), provider.connectTimeoutSeconds(), List.of());
  }

  /** As the connector's own settings say. */
  public static Destination of(ConnectorSpec connector, List<Cidr> denied) {
    return of(connector.baseUrl(), connector.tls(), connector.connectTimeoutSeconds(), denied);
  }

  private static Destination of(
      URI base, ProviderSpec.@Nullable Tls tls, @Nullable Integer seconds, List<Cidr> denied) {
    return new Destination(
        base,
        tls == null ? null : tls.caPem(),
        seconds == null ? null : Duration.ofSeconds(seconds),
        denied);
  }

  boolean secure() {
    return "https".equalsIgnoreCase(base.getScheme());
  }

  /** What its scheme means where the address names none. */
  public int port() {
    return base.getPort() > 0 ? base.getPort() : secure() ? 443 : 80;
  }
}
