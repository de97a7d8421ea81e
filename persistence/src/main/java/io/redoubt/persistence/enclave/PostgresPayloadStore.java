package io.redoubt.persistence.enclave;

import io.redoubt.payload.PayloadStore;
import io.redoubt.persistence.batch.BatchWriter;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Requests and replies in PostgreSQL, sealed before they leave the caller (G6). */
final class PostgresPayloadStore implements PayloadStore {
  private static final int PURGED_AT_ONCE = 1_000;
  private static final int ROW_OVERHEAD = 256;

  private final Database database;
  private final Keyring keyring;
  private final BatchWriter<PayloadSql.Sealed, Boolean> writer;

  PostgresPayloadStore(
      Database database, Keyring keyring, BatchWriter<PayloadSql.Sealed, Boolean> writer) {
    this.database = database;
    this.keyring = keyring;
    this.writer = writer;
  }

  @Override
  public CompletionStage<Void> keep(Payload payload) {
    return keyring
        .seal(
            // Not copied: it is only read, and may be large.
            payload.organization(),
            row(payload.action(), payload.part()),
            payload.body().toArrayUnsafe())
        .thenCompose(body ->
            writer.submit(
                new PayloadSql.Sealed(payload, body), (long) body.length + ROW_OVERHEAD, false))
        .thenApply(_ -> null);
  }

  /** The bytes as they went by; for the organization's own people, and for tests. */
  CompletionStage<Optional<byte[]>> find(OrganizationId organization, ActionId action, Part part) {
    return database.blocking(() ->
        database
            .inOrganizationBlocking(
                organization,
                handle ->
                    handle
                        .createQuery(
                            "SELECT sealed_body FROM enclave.payload"
                                + " WHERE organization_id = :organization"
                                + " AND action_id = :action AND part = :part")
                        .bind("organization", organization.uuid())
                        .bind("action", action.uuid())
                        .bind("part", PayloadSql.number(part))
                        .map((row, _) -> row.getBytes(1))
                        .findOne())
            .map(sealed -> keyring.openNow(organization, row(action, part), sealed)));
  }

  @Override
  public CompletionStage<Integer> purge(Instant now) {
    return database.blocking(() -> {
      int purged = 0;
      int some;
      do {
        some = purgeSome(now);
        purged += some;
      } while (some == PURGED_AT_ONCE);
      return purged;
    });
  }

  private int purgeSome(Instant now) {
    return database.inTransactionBlocking(handle ->
        handle
            .createQuery("SELECT enclave.purge_payloads(:now, :limit)")
            .bind("now", now)
            .bind("limit", PURGED_AT_ONCE)
            .mapTo(Integer.class)
            .one());
  }

  private static String row(ActionId action, Part part) {
    return "payload/" + action + "/" + PayloadSql.number(part);
  }
}
