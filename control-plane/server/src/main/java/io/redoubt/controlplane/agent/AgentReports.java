package io.redoubt.controlplane.agent;

import com.fasterxml.jackson.core.type.TypeReference;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.Spending;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * Takes in what enclaves say of their agents. An enclave is believed about its own agents only, and
 * an older report never undoes a newer one.
 */
public final class AgentReports {
  private static final TypeReference<List<IsolationId>> ISOLATIONS = new TypeReference<>() {};

  private final Lifecycle lifecycle;

  public AgentReports(Lifecycle lifecycle) {
    this.lifecycle = lifecycle;
  }

  /** Whose agent a report is about. */
  private record Subject(EnclaveId enclave, OrganizationId organization, AgentId agent) {}

  private record Ordered(String kind, List<IsolationId> isolations) {}

  private record NeverBegun(AgentId agent, List<IsolationId> isolations) {}

  /** What an agent is. */
  public void seen(Handle handle, EnclaveId enclave, LinkReport.AgentSeen report) {
    var subject = new Subject(enclave, report.organizationId(), report.agentId());
    handle
        .createUpdate(
            """
            UPDATE control.agent SET last_seen_at = greatest(last_seen_at, CAST(:seen AS timestamptz))
            WHERE organization_id = :organization AND id = :agent AND enclave_id = :enclave
            """)
        .bindByType("seen", report.lastSeenAt(), Instant.class)
        .bind("organization", subject.organization().uuid())
        .bind("agent", subject.agent().uuid())
        .bind("enclave", enclave.uuid())
        .execute();
    if (report.spending() != null) {
      setSpending(handle, subject, report.spending(), report.at());
    }
    if (setStatus(handle, subject, report.status(), report.at())) {
      setIsolations(handle, subject, report.isolations(), report.at());
    }
  }

  /** The proof that an order was carried out; a second one for the same order changes nothing. */
  public void stopped(Handle handle, EnclaveId enclave, LinkReport.AgentStopped report) {
    var subject = new Subject(enclave, report.organizationId(), report.agentId());
    handle
        .createQuery(
            """
            UPDATE control.lifecycle_order
            SET proof = CAST(:proof AS jsonb), proved_at = :at
            WHERE organization_id = :organization AND enclave_id = :enclave
              AND command_number = :number AND agent_id = :agent AND proof IS NULL
            RETURNING kind, isolation_ids
            """)
        .bind("proof", Rows.json(report.proof()))
        .bind("at", report.proof().acknowledgedAt())
        .bind("organization", subject.organization().uuid())
        .bind("enclave", enclave.uuid())
        .bind("number", report.commandNumber())
        .bind("agent", subject.agent().uuid())
        .map((row, _) ->
            new Ordered(row.getString("kind"), Rows.json(row, "isolation_ids", ISOLATIONS)))
        .findOne()
        .ifPresent(
            ordered -> carriedOut(handle, subject, ordered, report.proof().acknowledgedAt()));
    handle.afterCommit(() -> lifecycle.answered().fire(enclave));
  }

  /** That the enclave passed over an order: an isolation that it was to begin never began. */
  public void rejected(
      Handle handle, EnclaveId enclave, OrganizationId organization, long number, Instant at) {
    handle
        .createQuery(
            """
            SELECT agent_id, isolation_ids FROM control.lifecycle_order
            WHERE organization_id = :organization AND enclave_id = :enclave
              AND command_number = :number AND kind = 'isolate' AND proof IS NULL
            """)
        .bind("organization", organization.uuid())
        .bind("enclave", enclave.uuid())
        .bind("number", number)
        .map((row, _) ->
            new NeverBegun(
                new AgentId(Rows.uuid(row, "agent_id")),
                Rows.json(row, "isolation_ids", ISOLATIONS)))
        .findOne()
        .ifPresent(it ->
            endIsolations(
                handle, new Subject(enclave, organization, it.agent()), it.isolations(), at));
    handle.afterCommit(() -> lifecycle.answered().fire(enclave));
  }

  private static void carriedOut(Handle handle, Subject subject, Ordered ordered, Instant at) {
    switch (ordered.kind()) {
      case "isolate" -> {
        ordered.isolations().forEach(id -> acknowledge(handle, subject, id, at));
        setStatus(handle, subject, AgentStatus.ISOLATED, at);
      }
      case "release" -> {
        endIsolations(handle, subject, ordered.isolations(), at);
        statusAfterRelease(handle, subject)
            .ifPresent(status -> setStatus(handle, subject, status, at));
      }
      case "revoke" -> setStatus(handle, subject, AgentStatus.REVOKED, at);
      case "revoke-token" -> {
        // The agent is what it was.
      }
      case "decommission" -> setStatus(handle, subject, AgentStatus.DECOMMISSIONED, at);
      default -> throw new IllegalStateException("a kind that the table does not admit");
    }
  }

  /** Whether the report was news: about an agent of that enclave, and not older than the last. */
  private static boolean setStatus(Handle handle, Subject subject, AgentStatus status, Instant at) {
    return handle
            .createUpdate(
                """
                UPDATE control.agent
                SET status = CASE WHEN deleted_at IS NULL THEN :status ELSE status END,
                  status_at = :at
                WHERE organization_id = :organization AND id = :agent AND enclave_id = :enclave
                  AND status_at <= :at
                """)
            .bind("status", status.wire())
            .bind("at", at)
            .bind("organization", subject.organization().uuid())
            .bind("agent", subject.agent().uuid())
            .bind("enclave", subject.enclave().uuid())
            .execute()
        == 1;
  }

  private static void setSpending(Handle handle, Subject subject, Spending spending, Instant at) {
    handle
        .createUpdate(
            """
            UPDATE control.agent SET spending = CAST(:spending AS jsonb), spending_at = :at
            WHERE organization_id = :organization AND id = :agent AND enclave_id = :enclave
              AND (spending_at IS NULL OR spending_at <= :at)
            """)
        .bind("spending", Rows.json(spending))
        .bind("at", at)
        .bind("organization", subject.organization().uuid())
        .bind("agent", subject.agent().uuid())
        .bind("enclave", subject.enclave().uuid())
        .execute();
  }

  /** Until the enclave says more: what an agent is that was isolated and is not any longer. */
  private static Optional<AgentStatus> statusAfterRelease(Handle handle, Subject subject) {
    return handle
        .createQuery(
            """
            SELECT last_seen_at IS NOT NULL AS seen FROM control.agent a
            WHERE organization_id = :organization AND id = :agent AND status = 'isolated'
              AND NOT EXISTS (
                SELECT FROM control.isolation i
                WHERE i.organization_id = a.organization_id AND i.agent_id = a.id
                  AND i.released_at IS NULL)
            """)
        .bind("organization", subject.organization().uuid())
        .bind("agent", subject.agent().uuid())
        .mapTo(Boolean.class)
        .findOne()
        .map(seen -> seen ? AgentStatus.ACTIVE : AgentStatus.PENDING);
  }

  /** Those that the enclave names stand, break-glass ones included; confirmed others have ended. */
  private static void setIsolations(
      Handle handle, Subject subject, List<IsolationId> standing, Instant at) {
    for (IsolationId id : standing) {
      handle
          .createUpdate(
              """
              INSERT INTO control.isolation
                (organization_id, id, agent_id, asked_at, acknowledged_at)
              VALUES (:organization, :id, :agent, :at, :at)
              ON CONFLICT DO NOTHING
              """)
          .bind("organization", subject.organization().uuid())
          .bind("id", id.uuid())
          .bind("agent", subject.agent().uuid())
          .bind("at", at)
          .execute();
      acknowledge(handle, subject, id, at);
    }
    handle
        .createUpdate(
            """
            UPDATE control.isolation SET released_at = :at
            WHERE organization_id = :organization AND agent_id = :agent AND released_at IS NULL
              AND acknowledged_at <= :at
              AND NOT CAST(:standing AS jsonb) @> to_jsonb(CAST(id AS text))
            """)
        .bind("at", at)
        .bind("organization", subject.organization().uuid())
        .bind("agent", subject.agent().uuid())
        .bind("standing", Rows.json(uuids(standing)))
        .execute();
  }

  private static void acknowledge(Handle handle, Subject subject, IsolationId id, Instant at) {
    handle
        .createUpdate(
            """
            UPDATE control.isolation SET acknowledged_at = :at
            WHERE organization_id = :organization AND id = :id AND agent_id = :agent
              AND acknowledged_at IS NULL
            """)
        .bind("at", at)
        .bind("organization", subject.organization().uuid())
        .bind("id", id.uuid())
        .bind("agent", subject.agent().uuid())
        .execute();
  }

  private static void endIsolations(
      Handle handle, Subject subject, List<IsolationId> ended, Instant at) {
    handle
        .createUpdate(
            """
            UPDATE control.isolation SET released_at = :at
            WHERE organization_id = :organization AND agent_id = :agent AND released_at IS NULL
              AND CAST(:ended AS jsonb) @> to_jsonb(CAST(id AS text))
            """)
        .bind("at", at)
        .bind("organization", subject.organization().uuid())
        .bind("agent", subject.agent().uuid())
        .bind("ended", Rows.json(uuids(ended)))
        .execute();
  }

  private static List<UUID> uuids(Collection<IsolationId> ids) {
    return ids.stream().map(IsolationId::uuid).toList();
  }
}
