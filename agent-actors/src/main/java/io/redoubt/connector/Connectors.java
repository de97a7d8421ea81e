package io.redoubt.connector;

import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.secret.Secret;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The connectors of an organization. Reads are served from memory, secrets stay sealed there, and a
 * plaintext secret lives for one call (G6).
 */
public interface Connectors {
  Optional<ConnectorSpec> find(OrganizationId organization, String name);

  /**
   * The secret of exactly this version of a connector, unsealed for this one use: that of a later
   * one may be for somebody else's eyes. Empty where it has none, or is another by now.
   */
  Optional<Secret> secret(OrganizationId organization, ConnectorSpec connector);

  /**
   * Keeps it, unless a later version is known.
   *
   * @param secret null: it wants none
   */
  CompletionStage<Void> put(
      OrganizationId organization, ConnectorSpec connector, @Nullable Secret secret);

  CompletionStage<Void> delete(OrganizationId organization, String connector, long version);
}
