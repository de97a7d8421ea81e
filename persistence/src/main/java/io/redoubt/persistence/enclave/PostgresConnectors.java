package io.redoubt.persistence.enclave;

import io.redoubt.connector.Connectors;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.secret.Secret;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Connectors.
 *
 * @param writes the way to the database of what is put or deleted
 */
record PostgresConnectors(SealedRegistry<ConnectorSpec> registry, Database writes)
    implements Connectors {
  static final SealedRegistry.Form<ConnectorSpec> FORM =
      new SealedRegistry.Form<>(
          "connector", ConnectorSpec.class, ConnectorSpec::name, ConnectorSpec::version);

  @Override
  public Optional<ConnectorSpec> find(OrganizationId organization, String name) {
    return registry.of(organization).stream().filter(each -> each.name().equals(name)).findFirst();
  }

  @Override
  public Optional<Secret> secret(OrganizationId organization, ConnectorSpec connector) {
    return registry.secret(organization, connector);
  }

  @Override
  public CompletionStage<Void> put(
      OrganizationId organization, ConnectorSpec connector, @Nullable Secret secret) {
    return registry.put(writes, organization, connector, secret);
  }

  @Override
  public CompletionStage<Void> delete(OrganizationId organization, String connector, long version) {
    return registry.delete(writes, organization, connector, version);
  }
}
