package io.redoubt.persistence.enclave;

import io.redoubt.audit.AuditLookup;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.OrganizationId;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Reads single records of the audit log. */
final class PostgresAuditLookup implements AuditLookup {
  private final Database database;

  PostgresAuditLookup(Database database) {
    this.database = database;
  }

  @Override
  public CompletionStage<Optional<AuditRecord>> find(OrganizationId organization, AuditId id) {
    return database.inOrganization(
        organization,
        handle ->
            handle
                .createQuery(
                    "SELECT document FROM enclave.audit"
                        + " WHERE organization_id = :organization AND id = :id AND half = 1")
                .bind("organization", organization.uuid())
                .bind("id", id.uuid())
                .mapTo(String.class)
                .findOne()
                .map(document -> Documents.read(document, AuditRecord.class)));
  }
}
