package io.redoubt.persistence.enclave;

import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.provider.Providers;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/** Model providers in PostgreSQL, read from memory; their keys are sealed in both (G6). */
final class PostgresProviders implements Providers {
  /** What is kept of a provider. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Kept(OrganizationId organization, ProviderSpec spec, byte[] sealedKey) {}

  /** One organization's providers, in the order of their names. */
  private record Known(List<ProviderSpec> specs, Map<String, byte[]> sealedKeys) {
    static final Known NONE = new Known(List.of(), Map.of());
  }

  private final Database database;
  private final Keyring keyring;
  private volatile Map<OrganizationId, Known> known = Map.of();

  PostgresProviders(Database database, Keyring keyring) {
    this.database = database;
    this.keyring = keyring;
  }

  /** Reads everything anew; one at a time, so that an older reading never replaces a newer one. */
  synchronized void refresh() {
    List<Kept> all =
        database.inTransactionBlocking(handle ->
            handle
                .createQuery(
                    "SELECT organization_id, document::text, sealed_key"
                        + " FROM enclave.all_providers()"
                        + " ORDER BY organization_id, document ->> 'name'")
                .map((row, _) ->
                    new Kept(
                        new OrganizationId(row.getObject(1, UUID.class)),
                        Documents.read(row.getString(2), ProviderSpec.class),
                        row.getBytes(3)))
                .list());
    var fresh = new HashMap<OrganizationId, Known>();
    for (var organization : all.stream().map(Kept::organization).distinct().toList()) {
      var keys = new HashMap<String, byte[]>();
      var kept = all.stream().filter(k -> k.organization().equals(organization)).toList();
      kept.forEach(k -> keys.put(k.spec().name(), k.sealedKey()));
      fresh.put(organization, new Known(kept.stream().map(Kept::spec).toList(), keys));
      // So that opening a key never waits for the database.
      keyring.warmNow(organization);
    }
    known = fresh;
  }

  @Override
  public List<ProviderSpec> of(OrganizationId organization) {
    return known.getOrDefault(organization, Known.NONE).specs();
  }

  @Override
  public Optional<Secret> key(OrganizationId organization, String provider) {
    return Optional.ofNullable(
            known.getOrDefault(organization, Known.NONE).sealedKeys().get(provider))
        .map(sealed -> keyring.openNow(organization, row(provider), sealed))
        .map(key -> Secret.of(new String(key, StandardCharsets.UTF_8)));
  }

  @Override
  public CompletionStage<Void> put(OrganizationId organization, ProviderSpec provider, Secret key) {
    return put(database, organization, provider, key);
  }

  @Override
  public CompletionStage<Void> delete(OrganizationId organization, String provider, long version) {
    return delete(database, organization, provider, version);
  }

  /** The same providers; what is put or deleted goes through another way to the database. */
  Providers writingThrough(Database writes) {
    return new Providers() {
      @Override
      public List<ProviderSpec> of(OrganizationId organization) {
        return PostgresProviders.this.of(organization);
      }

      @Override
      public Optional<Secret> key(OrganizationId organization, String provider) {
        return PostgresProviders.this.key(organization, provider);
      }

      @Override
      public CompletionStage<Void> put(
          OrganizationId organization, ProviderSpec provider, Secret key) {
        return PostgresProviders.this.put(writes, organization, provider, key);
      }

      @Override
      public CompletionStage<Void> delete(
          OrganizationId organization, String provider, long version) {
        return PostgresProviders.this.delete(writes, organization, provider, version);
      }
    };
  }

  private CompletionStage<Void> put(
      Database writes, OrganizationId organization, ProviderSpec provider, Secret key) {
    return database.blocking(() -> {
      byte[] sealed =
          keyring.sealNow(
              organization, row(provider.name()), key.reveal().getBytes(StandardCharsets.UTF_8));
      int _ =
          writes.inOrganizationBlocking(
              organization,
              handle ->
                  handle
                      .createUpdate(
                          "INSERT INTO enclave.provider AS p"
                              + " (organization_id, name, version, document, sealed_key)"
                              + " VALUES (:organization, :name, :version, :document::jsonb,"
                              + " :key)"
                              + " ON CONFLICT (organization_id, name) DO UPDATE"
                              + " SET version = excluded.version, document = excluded.document,"
                              + " sealed_key = excluded.sealed_key, deleted = false"
                              + " WHERE p.version < excluded.version")
                      .bind("organization", organization.uuid())
                      .bind("name", provider.name())
                      .bind("version", provider.version())
                      .bind("document", Documents.write(provider))
                      .bind("key", sealed)
                      .execute());
      refresh();
      return null;
    });
  }

  private CompletionStage<Void> delete(
      Database writes, OrganizationId organization, String provider, long version) {
    return database.blocking(() -> {
      int _ =
          writes.inOrganizationBlocking(
              organization,
              handle ->
                  handle
                      .createUpdate(
                          "INSERT INTO enclave.provider AS p"
                              + " (organization_id, name, version, deleted)"
                              + " VALUES (:organization, :name, :version, true)"
                              + " ON CONFLICT (organization_id, name) DO UPDATE"
                              + " SET version = excluded.version, document = NULL,"
                              + " sealed_key = NULL, deleted = true"
                              + " WHERE p.version < excluded.version")
                      .bind("organization", organization.uuid())
                      .bind("name", provider)
                      .bind("version", version)
                      .execute());
      refresh();
      return null;
    });
  }

  private static String row(String provider) {
    return "provider/" + provider;
  }
}
