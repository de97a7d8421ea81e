package io.redoubt.persistence.enclave;

import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.secret.Secret;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What organizations have that comes with a secret, in PostgreSQL, read from memory; the secrets
 * are sealed in both (G6). Of two changes the one with the higher version stands.
 */
final class SealedRegistry<S> {
  /**
   * What is kept, and where.
   *
   * @param what in the singular: the name of the table, and of what its secrets are sealed for
   */
  record Form<S>(String what, Class<S> type, Function<S, String> name, ToLongFunction<S> version) {}

  /** What is kept of one. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Kept<S>(OrganizationId organization, S spec, byte @Nullable [] sealed) {}

  /** Those of one organization, in the order of their names. */
  private record Known<S>(List<S> specs, Map<String, byte[]> sealed) {}

  private final Form<S> form;
  private final Database database;
  private final Keyring keyring;
  private volatile Map<OrganizationId, Known<S>> known = Map.of();

  SealedRegistry(Form<S> form, Database database, Keyring keyring) {
    this.form = form;
    this.database = database;
    this.keyring = keyring;
  }

  /** Reads everything anew; one at a time, so that an older reading never replaces a newer one. */
  synchronized void refresh() {
    List<Kept<S>> all =
        database.inTransactionBlocking(handle ->
            handle
                .createQuery(
                    "SELECT organization_id, document::text, sealed_key FROM enclave.all_"
                        + form.what
                        + "s() ORDER BY organization_id, document ->> 'name'")
                .map((row, _) ->
                    new Kept<>(
                        new OrganizationId(row.getObject(1, UUID.class)),
                        Documents.read(row.getString(2), form.type),
                        row.getBytes(3)))
                .list());
    var fresh = new HashMap<OrganizationId, Known<S>>();
    for (var organization : all.stream().map(Kept::organization).distinct().toList()) {
      var sealed = new HashMap<String, byte[]>();
      var kept = all.stream().filter(each -> each.organization().equals(organization)).toList();
      for (var each : kept) {
        if (each.sealed() != null) {
          sealed.put(form.name.apply(each.spec()), each.sealed());
        }
      }
      fresh.put(organization, new Known<>(kept.stream().map(Kept::spec).toList(), sealed));
      // So that opening a secret never waits for the database.
      keyring.warmNow(organization);
    }
    known = fresh;
  }

  List<S> of(OrganizationId organization) {
    var of = known.get(organization);
    return of == null ? List.of() : of.specs();
  }

  /** That of exactly this version: a later one may go elsewhere, and its secret with it. */
  Optional<Secret> secret(OrganizationId organization, S spec) {
    String name = form.name.apply(spec);
    return Optional.ofNullable(known.get(organization))
        .filter(of -> of.specs().contains(spec))
        .map(of -> of.sealed().get(name))
        .map(sealed -> keyring.openNow(organization, row(name), sealed))
        .map(secret -> Secret.of(new String(secret, StandardCharsets.UTF_8)));
  }

  /**
   * Keeps it.
   *
   * @param writes the way to the database
   */
  CompletionStage<Void> put(
      Database writes, OrganizationId organization, S spec, @Nullable Secret secret) {
    String name = form.name.apply(spec);
    return database.blocking(() -> {
      byte @Nullable [] sealed =
          secret == null
              ? null
              : keyring.sealNow(
                  organization, row(name), secret.reveal().getBytes(StandardCharsets.UTF_8));
      int _ =
          writes.inOrganizationBlocking(
              organization,
              handle ->
                  handle
                      .createUpdate(
                          "INSERT INTO enclave."
                              + form.what
                              + " AS p (organization_id, name, version, document, sealed_key)"
                              + " VALUES (:organization, :name, :version, :document::jsonb, :key)"
                              + " ON CONFLICT (organization_id, name) DO UPDATE"
                              + " SET version = excluded.version, document = excluded.document,"
                              + " sealed_key = excluded.sealed_key, deleted = false"
                              + " WHERE p.version < excluded.version")
                      .bind("organization", organization.uuid())
                      .bind("name", name)
                      .bind("version", form.version.applyAsLong(spec))
                      .bind("document", Documents.write(spec))
                      .bind("key", sealed)
                      .execute());
      refresh();
      return null;
    });
  }

  /** Leaves a tombstone. */
  CompletionStage<Void> delete(
      Database writes, OrganizationId organization, String name, long version) {
    return database.blocking(() -> {
      int _ =
          writes.inOrganizationBlocking(
              organization,
              handle ->
                  handle
                      .createUpdate(
                          "INSERT INTO enclave."
                              + form.what
                              + " AS p (organization_id, name, version, deleted)"
                              + " VALUES (:organization, :name, :version, true)"
                              + " ON CONFLICT (organization_id, name) DO UPDATE"
                              + " SET version = excluded.version, document = NULL,"
                              + " sealed_key = NULL, deleted = true"
                              + " WHERE p.version < excluded.version")
                      .bind("organization", organization.uuid())
                      .bind("name", name)
                      .bind("version", version)
                      .execute());
      refresh();
      return null;
    });
  }

  private String row(String name) {
    return form.what + '/' + name;
  }
}
