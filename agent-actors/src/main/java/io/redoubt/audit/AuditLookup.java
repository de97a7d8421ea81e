package io.redoubt.audit;

import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.OrganizationId;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Looks up single records of the enclave's audit log. */
public interface AuditLookup {
  /**
   * The record of that identifier, without what was said of its end later; empty where the
   * organization has none.
   */
  CompletionStage<Optional<AuditRecord>> find(OrganizationId organization, AuditId id);
}
