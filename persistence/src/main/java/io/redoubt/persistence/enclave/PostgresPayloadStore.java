package io.redoubt.persistence.enclave;

import io.redoubt.payload.PayloadStore;
import io.redoubt.persistence.batch.BatchWriter;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.util.ByteString;

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

  @Override
  public CompletionStage<List<Kept>> list(
      OrganizationId organization, ActionId action, Instant now) {
    return database.inOrganization(
        organization,
        handle ->
            handle
                .createQuery(
                    "SELECT part, media_type, octet_length(sealed_body), truncated, at,"
                        + " delete_after FROM enclave.payload"
                        + " WHERE organization_id = :organization AND action_id = :action"
                        + " AND delete_after > :now ORDER BY part")
                .bind("organization", organization.uuid())
                .bind("action", action.uuid())
                .bind("now", now)
                .map((row, _) ->
                    new Kept(
                        PayloadSql.part(row.getInt(1)),
                        row.getString(2),
                        row.getLong(3) - Keyring.OVERHEAD_BYTES,
                        row.getBoolean(4),
                        row.getTimestamp(5).toInstant(),
                        row.getTimestamp(6).toInstant()))
                .list());
  }

  @Override
  public CompletionStage<Optional<Payload>> open(
      OrganizationId organization, ActionId action, Part part, Instant now) {
    return database.blocking(() ->
        database
            .inOrganizationBlocking(
                organization,
                handle ->
                    handle
                        .createQuery(
                            "SELECT agent_id, media_type, truncated, at, delete_after, sealed_body"
                                + " FROM enclave.payload"
                                + " WHERE organization_id = :organization AND action_id = :action"
                                + " AND part = :part AND delete_after > :now")
                        .bind("organization", organization.uuid())
                        .bind("action", action.uuid())
                        .bind("part", PayloadSql.number(part))
                        .bind("now", now)
                        .map((row, _) -> read(organization, action, part, row))
                        .findOne())
            .map(this::opened));
  }

  private static PayloadSql.Sealed read(
      OrganizationId organization, ActionId action, Part part, ResultSet row) throws SQLException {
    var payload =
        new Payload(
            organization,
            new AgentId(row.getObject(1, UUID.class)),
            action,
            part,
            row.getString(2),
            ByteString.emptyByteString(),
            row.getBoolean(3),
            row.getTimestamp(4).toInstant(),
            row.getTimestamp(5).toInstant());
    return new PayloadSql.Sealed(payload, row.getBytes(6));
  }

  private Payload opened(PayloadSql.Sealed sealed) {
    var payload = sealed.payload();
    byte[] body =
        keyring.openNow(
            payload.organization(), row(payload.action(), payload.part()), sealed.body());
    return new Payload(
        payload.organization(),
        payload.agent(),
        payload.action(),
        payload.part(),
        payload.mediaType(),
        ByteString.fromArrayUnsafe(body),
        payload.truncated(),
        payload.at(),
        payload.deleteAfter());
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
