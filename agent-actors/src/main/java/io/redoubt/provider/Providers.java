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

  /**
   * The API key of exactly this version of a provider, unsealed for this one use: that of a later
   * one may be for somebody else's eyes. Empty where it has none, or is another by now.
   */
  Optional<Secret> key(OrganizationId organization, ProviderSpec provider);

  CompletionStage<Void> put(OrganizationId organization, ProviderSpec provider, Secret key);

  CompletionStage<Void> delete(OrganizationId organization, String provider, long version);
}
