package io.redoubt.controlplane.provider;

import io.redoubt.controlplane.upstream.Upstream;
import io.redoubt.protocol.link.ProviderSpec;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A model provider, as operators see it: everything but its key. */
public record Provider(
    String name,
    ProviderSpec.Kind kind,
    URI baseUrl,
    List<String> models,
    int timeoutSeconds,
    boolean simulated,
    @Nullable Integer connectTimeoutSeconds,
    ProviderSpec.@Nullable Tls tls,
    long version,
    Instant createdAt,
    Instant updatedAt)
    implements Upstream {

  public Provider {
    models = List.copyOf(models);
  }

  ProviderSpec spec() {
    return new ProviderSpec(
        name,
        kind,
        baseUrl,
        models,
        timeoutSeconds,
        simulated,
        version,
        connectTimeoutSeconds,
        tls);
  }
}
