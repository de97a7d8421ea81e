package io.redoubt.controlplane.iam;

import io.redoubt.controlplane.budget.AgentsTogether;
import io.redoubt.controlplane.budget.BudgetTerms;
import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.command.Welcome;
import io.redoubt.controlplane.iam.Organization.FailOpen;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.link.WorkingHours;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

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
            SELECT id, name, payloads, payload_retention_days, offline_mode, fail_open_controls,
              fail_open_by, fail_open_at, working_hours, budget, version, created_at, updated_at
            FROM control.organization WHERE id = :id
            """)
        .bind("id", id.uuid())
        .map((row, _) -> read(row))
        .findOne()
        .map(found -> standing(transaction, found));
  }

  private static Organization read(ResultSet row) throws SQLException {
    return new Organization(
        new OrganizationId(Rows.uuid(row, "id")),
        row.getString("name"),
        OrganizationSpec.Payloads.of(row.getString("payloads")),
        row.getInt("payload_retention_days"),
        OrganizationSpec.OfflineMode.of(row.getString("offline_mode")),
        failOpen(row),
        workingHours(row),
        Rows.json(row, "budget", BudgetTerms.class),
        null,
        row.getLong("version"),
        Rows.instant(row, "created_at"),
        Rows.instant(row, "updated_at"));
  }

  private static Organization standing(Transaction transaction, Organization organization) {
    return organization.standing(
        AgentsTogether.standing(transaction, organization.id(), organization.budget())
            .orElse(null));
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
            null,
            null,
            BudgetTerms.NONE,
            null,
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
    var failOpen = Optional.ofNullable(wanted.failOpen());
    var hours = wanted.workingHours();
    change
        .handle()
        .createUpdate(
            """
            UPDATE control.organization
            SET name = :name, payloads = :payloads, payload_retention_days = :days,
              offline_mode = :offline, fail_open_controls = :failOpenControls,
              fail_open_by = :failOpenBy, fail_open_at = :failOpenAt,
              working_hours = CAST(:workingHours AS jsonb),
              budget = CAST(:budget AS jsonb), version = :version, updated_at = :now
            WHERE id = :id
            """)
        .bind("id", wanted.id().uuid())
        .bind("name", wanted.name())
        .bind("payloads", wanted.payloads().wire())
        .bind("days", wanted.payloadRetentionDays())
        .bind("offline", wanted.offlineMode().wire())
        .bind("failOpenControls", failOpen.map(FailOpen::compensatingControls).orElse(null))
        .bind("failOpenBy", failOpen.map(FailOpen::acknowledgedBy).orElse(null))
        .bindByType(
            "failOpenAt", failOpen.map(FailOpen::acknowledgedAt).orElse(null), Instant.class)
        .bind("workingHours", hours == null ? null : Rows.json(hours))
        .bind("budget", Rows.json(wanted.budget()))
        .bind("version", wanted.version())
        .bind("now", change.now())
        .execute();
    change.audited("organization:update", wanted.id(), changed(before, wanted), null);
    commands.broadcast(change, new LinkCommand.PutOrganization(wanted.spec()));
    return standing(change, wanted);
  }

  /** What agents may do is changed here, so the record says it. */
  private static @Nullable String changed(Organization before, Organization wanted) {
    var changes = new ArrayList<String>();
    if (before.offlineMode() != wanted.offlineMode()) {
      changes.add("offline_mode: " + wanted.offlineMode().wire());
    }
    var failOpen = wanted.failOpen();
    if (!Objects.equals(before.failOpen(), failOpen)) {
      changes.add(
          failOpen == null
              ? "fail_open: no"
              : "fail_open: yes, with compensating controls: " + failOpen.compensatingControls());
    }
    var hours = wanted.workingHours();
    if (!Objects.equals(before.workingHours(), hours)) {
      changes.add("working_hours: " + (hours == null ? "of each enclave" : hours.explained()));
    }
    if (!wanted.budget().allowsAs(before.budget())) {
      changes.add(wanted.budget().explained());
    }
    return changes.isEmpty() ? null : String.join("; ", changes);
  }

  private static @Nullable WorkingHours workingHours(ResultSet row) throws SQLException {
    return row.getString("working_hours") == null
        ? null
        : Rows.json(row, "working_hours", WorkingHours.class);
  }

  private static @Nullable FailOpen failOpen(ResultSet row) throws SQLException {
    String controls = row.getString("fail_open_controls");
    return controls == null
        ? null
        : new FailOpen(controls, row.getString("fail_open_by"), Rows.instant(row, "fail_open_at"));
  }

  @Override
  public void tell(Change change, EnclaveId enclave) {
    find(change, change.organization())
        .ifPresent(organization ->
            commands.append(change, enclave, new LinkCommand.PutOrganization(organization.spec())));
  }
}
