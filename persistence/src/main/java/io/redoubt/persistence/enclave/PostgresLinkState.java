package io.redoubt.persistence.enclave;

import io.redoubt.link.Contact;
import io.redoubt.link.LinkProgress;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.jwt.JwkSet;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What the link to the control plane must not forget, in PostgreSQL (G8). */
final class PostgresLinkState implements LinkProgress {
  private static final String ENROLMENT_KEY = "enrolment-key";
  private static final int X25519_BYTES = 32;

  private final Database database;
  private final SharedSecrets secrets;

  PostgresLinkState(Database database, SharedSecrets secrets) {
    this.database = database;
    this.secrets = secrets;
  }

  @Override
  public CompletionStage<Optional<Kept>> load() {
    return database.inTransaction(handle ->
        handle
            .createQuery(
                "SELECT enclave_id, command_keys::text, last_applied,"
                    + " heard_time, heard_at, heard_command, heard_bundle, clock_mark"
                    + " FROM enclave.link_state")
            .map((row, _) ->
                new Kept(
                    new EnclaveId(row.getObject(1, UUID.class)),
                    Documents.read(row.getString(2), JwkSet.class),
                    row.getLong(3),
                    contact(row)))
            .findOne());
  }

  private static Contact contact(ResultSet row) throws SQLException {
    @Nullable Instant time = instant(row, 4);
    @Nullable Instant heardAt = instant(row, 5);
    return new Contact(
        time == null || heardAt == null
            ? null
            : new Contact.Heartbeat(time, heardAt, row.getLong(6), row.getString(7)),
        instant(row, 8));
  }

  private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
    @Nullable Timestamp time = row.getTimestamp(column);
    return time == null ? null : time.toInstant();
  }

  @Override
  public CompletionStage<Void> enrolled(EnclaveId enclave, JwkSet commandKeys) {
    return database
        .inTransaction(handle ->
            handle
                .createUpdate(
                    "INSERT INTO enclave.link_state AS s (enclave_id, command_keys)"
                        + " VALUES (:enclave, :keys::jsonb)"
                        + " ON CONFLICT (only_row) DO UPDATE"
                        + " SET command_keys = excluded.command_keys,"
                        // Another enclave's commands are numbered anew.
                        + " last_applied = CASE WHEN s.enclave_id = excluded.enclave_id"
                        + " THEN s.last_applied ELSE 0 END,"
                        + " heard_time = CASE WHEN s.enclave_id = excluded.enclave_id"
                        + " THEN s.heard_time END,"
                        + " heard_at = CASE WHEN s.enclave_id = excluded.enclave_id"
                        + " THEN s.heard_at END,"
                        + " heard_command = CASE WHEN s.enclave_id = excluded.enclave_id"
                        + " THEN s.heard_command END,"
                        + " enclave_id = excluded.enclave_id")
                .bind("enclave", enclave.uuid())
                .bind("keys", Documents.write(commandKeys))
                .execute())
        .thenApply(_ -> null);
  }

  @Override
  public CompletionStage<Void> applied(long number) {
    return database
        .inTransaction(handle ->
            handle
                .createUpdate(
                    "UPDATE enclave.link_state"
                        + " SET last_applied = greatest(last_applied, :number)")
                .bind("number", number)
                .execute())
        .thenAccept(rows -> {
          if (rows != 1) {
            throw new IllegalStateException("a command was applied before any enrolment");
          }
        });
  }

  @Override
  public CompletionStage<Void> heard(Contact.Heartbeat heartbeat) {
    return database
        .inTransaction(handle ->
            handle
                .createUpdate(
                    "UPDATE enclave.link_state"
                        + " SET heard_time = :time, heard_at = :at, heard_command = :command,"
                        + " heard_bundle = :bundle, clock_mark = :at"
                        + " WHERE heard_time IS NULL OR heard_time < :time")
                .bind("time", heartbeat.time())
                .bind("at", heartbeat.heardAt())
                .bind("command", heartbeat.lastCommand())
                .bind("bundle", heartbeat.bundle())
                .execute())
        .thenApply(_ -> null);
  }

  @Override
  public CompletionStage<Void> clockStandsAt(Instant now) {
    return database
        .inTransaction(handle ->
            handle
                .createUpdate(
                    "UPDATE enclave.link_state SET clock_mark = greatest(clock_mark, :now)")
                .bind("now", now)
                .execute())
        .thenApply(_ -> null);
  }

  @Override
  public CompletionStage<byte[]> enrolmentKey() {
    return database.blocking(() -> secrets.getOrCreate(ENROLMENT_KEY, X25519_BYTES));
  }
}
