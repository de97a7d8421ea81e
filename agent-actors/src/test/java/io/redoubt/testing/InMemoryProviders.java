package io.redoubt.testing;

import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.provider.Providers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Providers in memory; of two changes the one with the higher version stands. */
public final class InMemoryProviders implements Providers {
  private record Name(OrganizationId organization, String provider) {}

  private record Entry(long version, @Nullable ProviderSpec spec, @Nullable Secret key) {}

  public final Outage outage = new Outage();
  private final Map<Name, Entry> entries = new LinkedHashMap<>();

  @Override
  public synchronized List<ProviderSpec> of(OrganizationId organization) {
    return entries.entrySet().stream()
        .filter(each -> each.getKey().organization().equals(organization))
        .flatMap(each -> Optional.ofNullable(each.getValue().spec()).stream())
        .toList();
  }

  @Override
  public synchronized Optional<Secret> key(OrganizationId organization, ProviderSpec provider) {
    return Optional.ofNullable(entries.get(new Name(organization, provider.name())))
        .filter(entry -> provider.equals(entry.spec()))
        .map(Entry::key);
  }

  @Override
  public CompletionStage<Void> put(OrganizationId organization, ProviderSpec provider, Secret key) {
    var name = new Name(organization, provider.name());
    return keep(name, new Entry(provider.version(), provider, key));
  }

  @Override
  public CompletionStage<Void> delete(OrganizationId organization, String provider, long version) {
    return keep(new Name(organization, provider), new Entry(version, null, null));
  }

  private CompletionStage<Void> keep(Name name, Entry entry) {
    return outage.run(() -> {
      synchronized (this) {
        entries.merge(name, entry, (old, next) -> next.version() > old.version() ? next : old);
      }
    });
  }
}
