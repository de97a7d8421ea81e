package io.redoubt.provider;

import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.secret.Secret;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The model providers of an organization. Reads are served from memory, keys stay sealed there, and
 * a plaintext key lives for one call (G6).
 */
public interface Providers {
  /** All providers of the organization. */
  List<ProviderSpec> of(OrganizationId organization);

  /** The provider's API key, unsealed for this one use. */
  Optional<Secret> key(OrganizationId organization, String provider);

  CompletionStage<Void> put(OrganizationId organization, ProviderSpec provider, Secret key);

  CompletionStage<Void> delete(OrganizationId organization, String provider, long version);
}
