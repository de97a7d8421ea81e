package io.redoubt.controlplane.provider;

import static io.redoubt.controlplane.operator.Permission.PROVIDERS_MANAGE;
import static io.redoubt.controlplane.operator.Permission.PROVIDERS_READ;

import io.redoubt.controlplane.operator.Call;
import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.upstream.BaseUrls;
import io.redoubt.controlplane.upstream.UpstreamChecks;
import io.redoubt.controlplane.upstream.UpstreamRoutes;
import io.redoubt.controlplane.upstream.UpstreamsConfig;
import io.redoubt.http.Bodies;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.secret.Secret;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/providers}. Keys are written, never read. */
public final class ProviderRoutes {
  private static final int DEFAULT_TIMEOUT_SECONDS = 300;
  private static final int MAX_TIMEOUT_SECONDS = 3600;

  private final Providers providers;
  private final UpstreamRoutes<Provider> routes;
  private final BaseUrls baseUrls;
  private final Bodies bodies;

  public ProviderRoutes(Providers providers, UpstreamsConfig config, Bodies bodies) {
    this.providers = providers;
    this.routes =
        new UpstreamRoutes<>(
            "/api/v1/providers", PROVIDERS_READ, PROVIDERS_MANAGE, providers.upstreams());
    this.baseUrls = new BaseUrls(config.httpHosts());
    this.bodies = bodies;
  }

  record ProviderBody(
      ProviderSpec.@Nullable Kind kind,
      @Nullable String baseUrl,
      @Nullable Secret apiKey,
      @Nullable List<@Nullable String> models,
      @Nullable Integer timeoutSeconds,
      @Nullable Integer connectTimeoutSeconds,
      UpstreamChecks.@Nullable TlsBody tls) {}

  public List<Endpoint> endpoints() {
    return routes.endpoints(this::put);
  }

  private Route put(Call call) {
    String name = call.pathValue("name");
    return bodies.json(
        ProviderBody.class,
        body -> {
          var draft = checked(name, body);
          return routes.put(
              call,
              name,
              body.apiKey(),
              (change, sealed) ->
                  providers.put(change, draft, Objects.requireNonNull(sealed, "checked before")));
        });
  }

  private Providers.Draft checked(String name, ProviderBody body) {
    var checks = new Checks();
    UpstreamChecks.name(checks, name);
    UpstreamChecks.secret(checks, "/api_key", body.apiKey());
    var reach =
        UpstreamChecks.reach(
            checks,
            baseUrls,
            MAX_TIMEOUT_SECONDS,
            body.baseUrl(),
            Optional.ofNullable(body.timeoutSeconds()).orElse(DEFAULT_TIMEOUT_SECONDS),
            body.connectTimeoutSeconds(),
            body.tls());
    checks
        .require(body.kind() != null, "/kind", "is needed: anthropic or openai")
        .list("/models", body.models(), 100, 200)
        .done();
    return new Providers.Draft(
        name,
        Objects.requireNonNull(body.kind()),
        reach.orElseThrow(),
        body.models() == null
            ? List.of()
            : body.models().stream().map(Objects::requireNonNull).toList(),
        false);
  }
}
