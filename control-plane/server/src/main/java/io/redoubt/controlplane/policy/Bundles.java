package io.redoubt.controlplane.policy;

import com.fasterxml.jackson.core.type.TypeReference;
import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.command.Retelling;
import io.redoubt.controlplane.command.Signals;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.LinkReport.BundleRunning.NodeRun;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.BundleDigest;
import io.redoubt.protocol.problem.ProblemException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What was published, who was told of it, and who runs it. */
public final class Bundles implements Retelling {
  private static final TypeReference<List<NodeRun>> NODES = new TypeReference<>() {};

  private final CommandLog commands;
  private final Signals<OrganizationId> reported = new Signals<>();

  public Bundles(CommandLog commands) {
    this.commands = commands;
  }

  /** Signalled when this process heard which nodes run a bundle of the organization. */
  Signals<OrganizationId> reported() {
    return reported;
  }

  /**
   * Publishes, and tells every enclave that serves the organization. The caller has made sure that
   * the content is valid.
   *
   * @param rollbackOf the version whose content it is; empty: the draft's
   * @param how for the record; empty: there is nothing to say
   */
  Publication publish(Change change, Content content, Optional<Long> rollbackOf, String how) {
    if (content.documents().size() > Bundle.MAX_POLICIES) {
      throw ProblemException.invalid(
          "/policies", "are at most " + Bundle.MAX_POLICIES + ", with those that rules become");
    }
    change.lockOrganization(); // one version after the other
    long version = newest(change).map(Publication::version).orElse(0L) + 1;
    var bundle =
        new Bundle(
            change.organization(),
            version,
            change.now(),
            content.documents(),
            content.canaries(),
            content.contentPolicies(),
            content.workflows(),
            content.groups());
    byte[] payload = bundle.canonical();
    if (payload.length > Bundle.MAX_BYTES) {
      throw ProblemException.invalid(
          "/policies", "have at most " + Bundle.MAX_BYTES + " bytes together");
    }
    var digest = BundleDigest.of(payload);
    change
        .handle()
        .createUpdate(
            """
            INSERT INTO control.policy_bundle
              (organization_id, version, digest, payload, policies, rollback_of, published_by,
               published_at, floor)
            VALUES (:organization, :version, :digest, :payload, :policies, :rollbackOf, :by, :at,
              :floor)
            """)
        .bind("organization", change.organization().uuid())
        .bind("version", version)
        .bind("digest", digest.text())
        .bind("payload", payload)
        .bind("policies", content.documents().size())
        .bindByType("rollbackOf", rollbackOf.orElse(null), Long.class)
        .bind("by", change.operator().subject())
        .bind("at", bundle.publishedAt())
        .bind("floor", content.floor())
        .execute();
    change.audited(
        "bundle:publish", version, how.isEmpty() ? digest.text() : digest + ", " + how, null);
    commands.broadcast(change, new LinkCommand.BundlePublished(version, digest));
    return find(change, version).orElseThrow();
  }

  @Override
  public void tell(Change change, EnclaveId enclave) {
    newest(change)
        .ifPresent(it ->
            commands.append(
                change, enclave, new LinkCommand.BundlePublished(it.version(), it.digest())));
  }

  /** Of bundles the newest: without it everything is denied there (G5). */
  @Override
  public List<OrganizationId> passedOver(Handle handle, EnclaveId enclave, Instant before) {
    return handle
        .createQuery("SELECT control.organizations_with_bundle_passed_over(:enclave, :before)")
        .bind("enclave", enclave.uuid())
        .bind("before", before)
        .mapTo(UUID.class)
        .map(OrganizationId::new)
        .list();
  }

  /** Newest first. */
  List<Publication> list(Transaction transaction, Optional<Long> before, int limit) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT version, digest, published_at, published_by, rollback_of, policies
            FROM control.policy_bundle
            WHERE organization_id = :organization AND version < :before
            ORDER BY version DESC LIMIT :limit
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("before", before.orElse(Long.MAX_VALUE))
        .bind("limit", limit)
        .map((row, _) -> read(row))
        .list();
  }

  public Optional<Publication> newest(Transaction transaction) {
    return list(transaction, Optional.empty(), 1).stream().findFirst();
  }

  public Optional<Publication> find(Transaction transaction, long version) {
    return version == Long.MAX_VALUE
        ? Optional.empty()
        : list(transaction, Optional.of(version + 1), 1).stream()
            .filter(found -> found.version() == version)
            .findFirst();
  }

  /** What a version holds. */
  public Optional<Content> content(Transaction transaction, long version) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT payload, floor FROM control.policy_bundle
            WHERE organization_id = :organization AND version = :version
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("version", version)
        .map((row, _) ->
            Content.of(Bundle.read(row.getBytes("payload")).orElseThrow(), row.getLong("floor")))
        .findOne();
  }

  /** The bundle's canonical form, for an enclave that serves its organization. */
  public Optional<byte[]> payload(Handle handle, EnclaveId enclave, BundleDigest digest) {
    return handle
        .createQuery("SELECT control.bundle_for_enclave(:enclave, :digest)")
        .bind("enclave", enclave.uuid())
        .bind("digest", digest.text())
        .mapTo(byte[].class)
        .findOne();
  }

  /** An enclave says which nodes run what. It is believed only where it serves the organization. */
  public void running(Handle handle, EnclaveId enclave, LinkReport.BundleRunning report) {
    handle
        .createUpdate(
            """
            INSERT INTO control.policy_run AS r
              (organization_id, enclave_id, version, nodes, missing, at)
            SELECT s.organization_id, s.enclave_id, b.version, CAST(:nodes AS jsonb),
              CAST(:missing AS jsonb), :at
            FROM control.enclave_organization s
            JOIN control.policy_bundle b ON b.organization_id = s.organization_id
            WHERE s.organization_id = :organization AND s.enclave_id = :enclave
              AND b.version = :version AND b.digest = :digest
            ON CONFLICT (organization_id, enclave_id) DO UPDATE
            SET version = excluded.version, nodes = excluded.nodes, missing = excluded.missing,
              at = excluded.at
            WHERE r.version < excluded.version OR (r.version = excluded.version AND r.at <= excluded.at)
            """)
        .bind("nodes", Rows.json(report.nodes()))
        .bind("missing", Rows.json(report.missing()))
        .bind("at", report.at())
        .bind("organization", report.organizationId().uuid())
        .bind("enclave", enclave.uuid())
        .bind("version", report.version())
        .bind("digest", report.digest().text())
        .execute();
    handle.afterCommit(() -> reported.fire(report.organizationId()));
  }

  private record EnclaveRun(
      EnclaveId enclave,
      String name,
      boolean enrolled,
      @Nullable Instant lastContactAt,
      boolean listening,
      @Nullable Long version,
      List<NodeRun> nodes,
      List<String> missing,
      @Nullable String refusedWhy) {
    boolean has(long wanted) {
      return version != null && version >= wanted;
    }

    boolean done(long wanted) {
      return has(wanted) && missing.isEmpty();
    }
  }

  /**
   * How far the version has come at the enclaves that serve the organization. One that is away may
   * go on deciding by what it had (G8); one that never said hello has nothing to decide by.
   */
  Rollout rollout(Transaction transaction, long version, Instant now) {
    var nodes = new ArrayList<Rollout.Node>();
    var missing = new ArrayList<Rollout.Missing>();
    var refused = new ArrayList<Rollout.Refused>();
    var away = new ArrayList<Rollout.Away>();
    boolean pending = false;
    boolean awaited = false;
    for (var run : runs(transaction, version, now)) {
      boolean refuses = !run.has(version) && run.refusedWhy() != null;
      if (run.has(version)) {
        run.nodes().forEach(node -> nodes.add(Rollout.Node.of(run.enclave(), node)));
        run.missing().forEach(node -> missing.add(new Rollout.Missing(run.enclave(), node)));
      } else if (run.refusedWhy() != null) {
        refused.add(new Rollout.Refused(run.enclave(), run.refusedWhy()));
      }
      boolean done = run.done(version);
      if (!done && !run.listening()) {
        away.add(new Rollout.Away(run.enclave(), run.name(), run.enrolled(), run.lastContactAt()));
      }
      pending |= !done && run.enrolled();
      awaited |= !done && run.listening() && !refuses;
    }
    return new Rollout(
        pending,
        List.copyOf(nodes),
        List.copyOf(missing),
        List.copyOf(refused),
        List.copyOf(away),
        awaited);
  }

  private static List<EnclaveRun> runs(Transaction transaction, long version, Instant now) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT s.enclave_id, e.name, e.enrolment_key IS NOT NULL AS enrolled,
              e.last_contact_at, coalesce(e.listens_until > :now, false) AS listening, r.version,
              coalesce(r.nodes, '[]') AS nodes, coalesce(r.missing, '[]') AS missing,
              (SELECT c.rejected_why FROM control.enclave_command c
               WHERE c.enclave_id = s.enclave_id AND c.organization_id = s.organization_id
                 AND c.kind = 'bundle.published'
                 AND CAST(c.payload ->> 'version' AS bigint) = :version
               ORDER BY c.number DESC LIMIT 1) AS rejected_why
            FROM control.enclave_organization s
            JOIN control.enclave e ON e.id = s.enclave_id AND e.deleted_at IS NULL
            LEFT JOIN control.policy_run r
              ON r.organization_id = s.organization_id AND r.enclave_id = s.enclave_id
            WHERE s.organization_id = :organization
            ORDER BY s.enclave_id
            """)
        .bind("now", now)
        .bind("version", version)
        .bind("organization", transaction.organization().uuid())
        .map((row, _) ->
            new EnclaveRun(
                new EnclaveId(Rows.uuid(row, "enclave_id")),
                row.getString("name"),
                row.getBoolean("enrolled"),
                Rows.instantOrNull(row, "last_contact_at"),
                row.getBoolean("listening"),
                row.getObject("version", Long.class),
                Rows.json(row, "nodes", NODES),
                Rows.json(row, "missing", Rows.TEXTS),
                row.getString("rejected_why")))
        .list();
  }

  private static Publication read(ResultSet row) throws SQLException {
    return new Publication(
        row.getLong("version"),
        BundleDigest.parse(row.getString("digest")),
        Rows.instant(row, "published_at"),
        row.getString("published_by"),
        row.getObject("rollback_of", Long.class),
        row.getInt("policies"));
  }
}
