package io.redoubt.enclave.link;

import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.CommandEnvelope;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jdbi.v3.core.Handle;

/** {@link SetAside} in PostgreSQL. */
public final class PostgresSetAside implements SetAside {
  private final Database database;

  public PostgresSetAside(Database database) {
    this.database = database;
  }

  @Override
  public CompletionStage<List<Row>> first(int atMost) {
    return database.inTransaction(handle ->
        handle
            .createQuery("SELECT envelope::text, since FROM enclave.commands_set_aside(:limit)")
            .bind("limit", atMost)
            .map((row, _) ->
                new Row(
                    row.getString("envelope"),
                    row.getObject("since", OffsetDateTime.class).toInstant()))
            .list());
  }

  @Override
  public CompletionStage<Void> add(Order order) {
    var envelope = order.envelope();
    return database
        .inOrganization(
            envelope.organizationId(),
            handle -> {
              makeRoom(handle, envelope);
              return handle
                  .createUpdate(
                      "INSERT INTO enclave.command_set_aside"
                          + " (organization_id, number, envelope, since)"
                          + " VALUES (:organization, :number, :envelope::jsonb, :since)"
                          + " ON CONFLICT DO NOTHING")
                  .bind("organization", envelope.organizationId().uuid())
                  .bind("number", envelope.number())
                  .bind("envelope", new String(Json.write(envelope), StandardCharsets.UTF_8))
                  .bind("since", order.since())
                  .execute();
            })
        .thenApply(_ -> null);
  }

  /**
   * Another enclave that had this database may have left a command of the same number. Should it
   * come back, it hears all of its commands anew.
   */
  private static void makeRoom(Handle handle, CommandEnvelope envelope) {
    handle
        .createUpdate(
            "DELETE FROM enclave.command_set_aside"
                + " WHERE organization_id = :organization AND number = :number"
                + " AND envelope ->> 'enclave_id' <> :enclave")
        .bind("organization", envelope.organizationId().uuid())
        .bind("number", envelope.number())
        .bind("enclave", envelope.enclaveId().toString())
        .execute();
  }

  @Override
  public CompletionStage<Void> done(OrganizationId organization, long number) {
    return database
        .inOrganization(
            organization,
            handle ->
                handle
                    .createUpdate(
                        "DELETE FROM enclave.command_set_aside"
                            + " WHERE organization_id = :organization AND number = :number")
                    .bind("organization", organization.uuid())
                    .bind("number", number)
                    .execute())
        .thenApply(_ -> null);
  }
}
