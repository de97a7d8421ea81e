package io.redoubt.persistence.enclave;

import io.redoubt.persistence.postgres.Database;
import io.redoubt.policy.BundleStore;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.BundleDigest;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/** Bundles in PostgreSQL, one row for each organization. */
final class PostgresBundleStore implements BundleStore {
  private final Database database;

  PostgresBundleStore(Database database) {
    this.database = database;
  }

  @Override
  public CompletionStage<Boolean> keep(Bundle bundle) {
    byte[] payload = bundle.canonical();
    return database.inOrganization(
        bundle.organization(),
        handle ->
            handle
                    .createUpdate(
                        "INSERT INTO enclave.policy_bundle AS b"
                            + " (organization_id, version, digest, payload)"
                            + " VALUES (:organization, :version, :digest, :payload)"
                            + " ON CONFLICT (organization_id) DO UPDATE"
                            + " SET version = excluded.version, digest = excluded.digest,"
                            + " payload = excluded.payload, kept_at = excluded.kept_at"
                            + " WHERE b.version < excluded.version")
                    .bind("organization", bundle.organization().uuid())
                    .bind("version", bundle.version())
                    .bind("digest", BundleDigest.of(payload).text())
                    .bind("payload", payload)
                    .execute()
                == 1);
  }

  @Override
  public CompletionStage<Optional<Bundle>> find(OrganizationId organization) {
    return database.inOrganization(
        organization,
        handle ->
            handle
                .createQuery(
                    "SELECT digest, payload FROM enclave.policy_bundle"
                        + " WHERE organization_id = :organization")
                .bind("organization", organization.uuid())
                .map((row, _) -> read(organization, row.getString(1), row.getBytes(2)))
                .findOne());
  }

  private static Bundle read(OrganizationId organization, String digest, byte[] payload) {
    return Bundle.read(payload)
        .filter(bundle ->
            bundle.organization().equals(organization)
                && BundleDigest.of(payload).text().equals(digest))
        .orElseThrow(
            () -> new IllegalStateException("the bundle kept for " + organization + " is damaged"));
  }

  @Override
  public CompletionStage<List<Heading>> headings() {
    return database.inTransaction(handle ->
        handle
            .createQuery("SELECT organization_id, version, digest FROM enclave.all_bundles()")
            .map((row, _) ->
                new Heading(
                    new OrganizationId(row.getObject(1, UUID.class)),
                    row.getLong(2),
                    BundleDigest.parse(row.getString(3))))
            .list());
  }
}
