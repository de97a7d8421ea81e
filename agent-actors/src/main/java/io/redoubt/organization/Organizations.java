package io.redoubt.organization;

import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.OrganizationSpec;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** The organizations this enclave serves. Reads are served from memory. */
public interface Organizations {
  Optional<OrganizationSpec> find(OrganizationId organization);

  Set<OrganizationId> all();

  /** Keeps the newer of what is there and what comes. */
  CompletionStage<Void> put(OrganizationId organization, OrganizationSpec spec);
}
