package io.redoubt.testing;

import io.redoubt.organization.Organizations;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.OrganizationSpec;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** Organizations in memory. */
public final class InMemoryOrganizations implements Organizations {
  public final Outage outage = new Outage();
  private final Map<OrganizationId, OrganizationSpec> specs = new ConcurrentHashMap<>();

  @Override
  public Optional<OrganizationSpec> find(OrganizationId organization) {
    return Optional.ofNullable(specs.get(organization));
  }

  @Override
  public Set<OrganizationId> all() {
    return Set.copyOf(specs.keySet());
  }

  @Override
  public CompletionStage<Void> put(OrganizationId organization, OrganizationSpec spec) {
    return outage.run(() -> {
      specs.merge(organization, spec, (a, b) -> b.version() > a.version() ? b : a);
    });
  }
}
