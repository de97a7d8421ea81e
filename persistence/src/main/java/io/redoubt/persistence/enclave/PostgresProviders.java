package io.redoubt.persistence.enclave;

import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.provider.Providers;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Model providers.
 *
 * @param writes the way to the database of what is put or deleted
 */
record PostgresProviders(SealedRegistry<ProviderSpec> registry, Database writes)
    implements Providers {
  static final SealedRegistry.Form<ProviderSpec> FORM =
      new SealedRegistry.Form<>(
          "provider", ProviderSpec.class, ProviderSpec::name, ProviderSpec::version);

  @Override
  public List<ProviderSpec> of(OrganizationId organization) {
    return registry.of(organization);
  }

  @Override
  public Optional<Secret> key(OrganizationId organization, ProviderSpec provider) {
    return registry.secret(organization, provider);
  }

  @Override
  public CompletionStage<Void> put(OrganizationId organization, ProviderSpec provider, Secret key) {
    return registry.put(writes, organization, provider, key);
  }

  @Override
  public CompletionStage<Void> delete(OrganizationId organization, String provider, long version) {
    return registry.delete(writes, organization, provider, version);
  }
}
