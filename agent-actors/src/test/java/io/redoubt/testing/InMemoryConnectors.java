package io.redoubt.testing;

import io.redoubt.connector.Connectors;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.secret.Secret;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Connectors in memory; of two changes the later one stands. */
public final class InMemoryConnectors implements Connectors {
  private record Name(OrganizationId organization, String connector) {}

  private record Entry(ConnectorSpec spec, @Nullable Secret secret) {}

  private final Map<Name, Entry> entries = new ConcurrentHashMap<>();

  @Override
  public Optional<ConnectorSpec> find(OrganizationId organization, String name) {
    return Optional.ofNullable(entries.get(new Name(organization, name))).map(Entry::spec);
  }

  @Override
  public Optional<Secret> secret(OrganizationId organization, ConnectorSpec connector) {
    return Optional.ofNullable(entries.get(new Name(organization, connector.name())))
        .filter(entry -> entry.spec().equals(connector))
        .map(Entry::secret);
  }

  @Override
  public CompletionStage<Void> put(
      OrganizationId organization, ConnectorSpec connector, @Nullable Secret secret) {
    entries.put(new Name(organization, connector.name()), new Entry(connector, secret));
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletionStage<Void> delete(OrganizationId organization, String connector, long version) {
    entries.remove(new Name(organization, connector));
    return CompletableFuture.completedFuture(null);
  }
}
