package io.redoubt.persistence.enclave;

import io.redoubt.organization.Organizations;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.OrganizationSpec;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/** Organizations in PostgreSQL, read from memory. */
final class PostgresOrganizations implements Organizations {
  private final Database database;
  private volatile Map<OrganizationId, OrganizationSpec> known = Map.of();

  PostgresOrganizations(Database database) {
    this.database = database;
  }

  /** Reads everything anew; one at a time, so that an older reading never replaces a newer one. */
  synchronized void refresh() {
    var fresh = new HashMap<OrganizationId, OrganizationSpec>();
    database.inTransactionBlocking(handle -> {
      handle
          .createQuery("SELECT organization_id, document::text FROM enclave.all_organizations()")
          .map((row, _) ->
              fresh.put(
                  new OrganizationId(row.getObject(1, UUID.class)),
                  Documents.read(row.getString(2), OrganizationSpec.class)))
          .forEach(_ -> {});
      return fresh;
    });
    known = Map.copyOf(fresh);
  }

  @Override
  public Optional<OrganizationSpec> find(OrganizationId organization) {
    return Optional.ofNullable(known.get(organization));
  }

  @Override
  public Set<OrganizationId> all() {
    return known.keySet();
  }

  @Override
  public CompletionStage<Void> put(OrganizationId organization, OrganizationSpec spec) {
    return put(database, organization, spec);
  }

  /** The same organizations; what is put goes through another way to the database. */
  Organizations writingThrough(Database writes) {
    return new Organizations() {
      @Override
      public Optional<OrganizationSpec> find(OrganizationId organization) {
        return PostgresOrganizations.this.find(organization);
      }

      @Override
      public Set<OrganizationId> all() {
        return PostgresOrganizations.this.all();
      }

      @Override
      public CompletionStage<Void> put(OrganizationId organization, OrganizationSpec spec) {
        return PostgresOrganizations.this.put(writes, organization, spec);
      }
    };
  }

  private CompletionStage<Void> put(
      Database writes, OrganizationId organization, OrganizationSpec spec) {
    return database.blocking(() -> {
      int _ =
          writes.inOrganizationBlocking(
              organization,
              handle ->
                  handle
                      .createUpdate(
                          "INSERT INTO enclave.organization AS o"
                              + " (organization_id, version, document)"
                              + " VALUES (:organization, :version, :document::jsonb)"
                              + " ON CONFLICT (organization_id) DO UPDATE"
                              + " SET version = excluded.version,"
                              + " document = excluded.document"
                              + " WHERE o.version < excluded.version")
                      .bind("organization", organization.uuid())
                      .bind("version", spec.version())
                      .bind("document", Documents.write(spec))
                      .execute());
      refresh();
      return null;
    });
  }
}
