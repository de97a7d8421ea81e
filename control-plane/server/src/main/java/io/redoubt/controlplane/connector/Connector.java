package io.redoubt.controlplane.connector;

import io.redoubt.controlplane.upstream.Upstream;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.link.ProviderSpec;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A connector, as operators see it: everything but its secret. */
public record Connector(
    String name,
    URI baseUrl,
    ConnectorSpec.@Nullable Credential credential,
    List<ConnectorSpec.Operation> operations,
    int timeoutSeconds,
    @Nullable Integer connectTimeoutSeconds,
    ProviderSpec.@Nullable Tls tls,
    long version,
    Instant createdAt,
    Instant updatedAt)
    implements Upstream {

  public Connector {
    operations = List.copyOf(operations);
  }

  ConnectorSpec spec() {
    return new ConnectorSpec(
        name, baseUrl, credential, operations, timeoutSeconds, version, connectTimeoutSeconds, tls);
  }
}
