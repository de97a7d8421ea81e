package io.redoubt.controlplane.iam;

import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.command.Welcome;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.OrganizationSpec;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;

/** The organizations themselves. Row-level security shows each only itself. */
public final class Organizations implements Welcome {
  private static final int DEFAULT_RETENTION_DAYS = 30;

  private final CommandLog commands;
  private final Consumer<Change> founding;

  /**
   * Organizations.
   *
   * @param founding gives a new one what it begins with
   */
  public Organizations(CommandLog commands, Consumer<Change> founding) {
    this.commands = commands;
    this.founding = founding;
  }

  public Optional<Organization> find(Transaction transaction, OrganizationId id) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT id, name, payloads, payload_retention_days, offline_mode, version, created_at,
              updated_at
            FROM control.organization WHERE id = :id
            """)
        .bind("id", id.uuid())
        .map((row, _) ->
            new Organization(
                new OrganizationId(Rows.uuid(row, "id")),
                row.getString("name"),
                OrganizationSpec.Payloads.of(row.getString("payloads")),
                row.getInt("payload_retention_days"),
                OrganizationSpec.OfflineMode.of(row.getString("offline_mode")),
                row.getLong("version"),
                Rows.instant(row, "created_at"),
                Rows.instant(row, "updated_at")))
        .findOne();
  }

  /** Of several of that name, the oldest. */
  public Optional<OrganizationId> named(Handle handle, String name) {
    return handle
        .createQuery("SELECT control.organization_named(:name)")
        .bind("name", name)
        .mapTo(UUID.class)
        .findOne()
        .map(OrganizationId::new);
  }

  /** Makes the organization that the change is already about. */
  public Organization create(Change change, String name) {
    var organization =
        new Organization(
            change.organization(),
            name,
            OrganizationSpec.Payloads.FULL,
            DEFAULT_RETENTION_DAYS,
            OrganizationSpec.OfflineMode.FREEZE,
            1,
            change.now(),
            change.now());
    change
        .handle()
        .createUpdate(
            """
            INSERT INTO control.organization
              (id, name, payloads, payload_retention_days, offline_mode, version, created_at,
               updated_at)
            VALUES (:id, :name, :payloads, :days, :offline, 1, :now, :now)
            """)
        .bind("id", organization.id().uuid())
        .bind("name", name)
        .bind("payloads", organization.payloads().wire())
        .bind("days", organization.payloadRetentionDays())
        .bind("offline", organization.offlineMode().wire())
        .bind("now", change.now())
        .execute();
    change.audited("organization:create", organization.id());
    founding.accept(change);
    return organization;
  }

  /**
   * Makes it what is wanted, and tells the enclaves.
   *
   * @param before as it was
   */
  Organization update(Change change, Organization before, Organization wanted) {
    change
        .handle()
        .createUpdate(
            """
            UPDATE control.organization
            SET name = :name, payloads = :payloads, payload_retention_days = :days,
              offline_mode = :offline, version = :version, updated_at = :now
            WHERE id = :id
            """)
        .bind("id", wanted.id().uuid())
        .bind("name", wanted.name())
        .bind("payloads", wanted.payloads().wire())
        .bind("days", wanted.payloadRetentionDays())
        .bind("offline", wanted.offlineMode().wire())
        .bind("version", wanted.version())
        .bind("now", change.now())
        .execute();
    // What agents may do is changed here, so the record says it.
    var detail =
        before.offlineMode() == wanted.offlineMode()
            ? null
            : "offline_mode: " + wanted.offlineMode().wire();
    change.audited("organization:update", wanted.id(), detail, null);
    commands.broadcast(change, new LinkCommand.PutOrganization(wanted.spec()));
    return wanted;
  }

  @Override
  public void tell(Change change, EnclaveId enclave) {
    find(change, change.organization())
        .ifPresent(organization ->
            commands.append(change, enclave, new LinkCommand.PutOrganization(organization.spec())));
  }
}
