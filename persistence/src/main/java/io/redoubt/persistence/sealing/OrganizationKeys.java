package io.redoubt.persistence.sealing;

import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.OrganizationId;
import java.util.Optional;

/** The wrapped data keys, one table in each service's schema. */
final class OrganizationKeys {
  /** A wrapped data key; the newest of an organization seals, the older ones only open. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Wrapped(int keyId, byte[] bytes) {}

  private final Database database;
  private final KeySchema schema;

  OrganizationKeys(Database database, KeySchema schema) {
    this.database = database;
    this.schema = schema;
  }

  Optional<Wrapped> newest(OrganizationId organization) {
    String sql =
        switch (schema) {
          case CONTROL ->
              "SELECT key_id, wrapped FROM control.organization_key"
                  + " WHERE organization_id = :organization ORDER BY key_id DESC LIMIT 1";
          case ENCLAVE ->
              "SELECT key_id, wrapped FROM enclave.organization_key"
                  + " WHERE organization_id = :organization ORDER BY key_id DESC LIMIT 1";
        };
    return database.inOrganizationBlocking(
        organization,
        handle ->
            handle
                .createQuery(sql)
                .bind("organization", organization.uuid())
                .map((row, _) -> new Wrapped(row.getInt(1), row.getBytes(2)))
                .findOne());
  }

  Optional<Wrapped> find(OrganizationId organization, int keyId) {
    String sql =
        switch (schema) {
          case CONTROL ->
              "SELECT key_id, wrapped FROM control.organization_key"
                  + " WHERE organization_id = :organization AND key_id = :key";
          case ENCLAVE ->
              "SELECT key_id, wrapped FROM enclave.organization_key"
                  + " WHERE organization_id = :organization AND key_id = :key";
        };
    return database.inOrganizationBlocking(
        organization,
        handle ->
            handle
                .createQuery(sql)
                .bind("organization", organization.uuid())
                .bind("key", keyId)
                .map((row, _) -> new Wrapped(row.getInt(1), row.getBytes(2)))
                .findOne());
  }

  /** Keeps the key, unless another node was first with that number. */
  void add(OrganizationId organization, int keyId, byte[] wrapped) {
    String sql =
        switch (schema) {
          case CONTROL ->
              "INSERT INTO control.organization_key (organization_id, key_id, wrapped)"
                  + " VALUES (:organization, :key, :wrapped) ON CONFLICT DO NOTHING";
          case ENCLAVE ->
              "INSERT INTO enclave.organization_key (organization_id, key_id, wrapped)"
                  + " VALUES (:organization, :key, :wrapped) ON CONFLICT DO NOTHING";
        };
    int _ =
        database.inOrganizationBlocking(
            organization,
            handle ->
                handle
                    .createUpdate(sql)
                    .bind("organization", organization.uuid())
                    .bind("key", keyId)
                    .bind("wrapped", wrapped)
                    .execute());
  }
}
