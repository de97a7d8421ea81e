package io.redoubt.controlplane.agent;

import com.fasterxml.jackson.core.type.TypeReference;
import io.redoubt.controlplane.budget.BudgetStanding;
import io.redoubt.controlplane.budget.BudgetTerms;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.link.Spending;
import io.redoubt.protocol.net.Cidr;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/** The rows of agents. */
final class AgentStore {
  private static final TypeReference<List<Cidr>> CIDRS = new TypeReference<>() {};
  private static final TypeReference<List<StandingIsolation>> ISOLATIONS = new TypeReference<>() {};
  private static final UUID BEFORE_ALL = new UUID(-1, -1);

  /** An isolation as the database writes it as JSON. */
  private record StandingIsolation(
      UUID id,
      @Nullable String reason,
      @Nullable String askedBy,
      Instant askedAt,
      @Nullable Instant acknowledgedAt) {}

  /** Which agents are asked for; what is empty filters nothing. */
  record Filter(
      Optional<String> name,
      Optional<AgentStatus> status,
      Map<String, String> labels,
      boolean deletedToo) {}

  /** Newest first. */
  List<Agent> list(Transaction transaction, Filter filter, Optional<AgentId> after, int limit) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT a.*, (
              SELECT coalesce(jsonb_agg(i ORDER BY i.id), '[]') FROM control.isolation i
              WHERE i.organization_id = a.organization_id AND i.agent_id = a.id
                AND i.released_at IS NULL) AS isolations
            FROM control.agent a
            WHERE a.organization_id = :organization AND a.id < :after
              AND (:deletedToo OR a.deleted_at IS NULL)
              AND (CAST(:name AS text) IS NULL OR a.name = :name)
              AND (CAST(:status AS text) IS NULL OR a.status = :status)
              AND a.labels @> CAST(:labels AS jsonb)
            ORDER BY a.id DESC LIMIT :limit
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("after", after.map(AgentId::uuid).orElse(BEFORE_ALL))
        .bind("deletedToo", filter.deletedToo())
        .bind("name", filter.name().orElse(null))
        .bind("status", filter.status().map(AgentStatus::wire).orElse(null))
        .bind("labels", Rows.json(filter.labels()))
        .bind("limit", limit)
        .map((row, _) -> read(row))
        .list();
  }

  /** The agent, tombstone or not. */
  Optional<Agent> find(Transaction transaction, AgentId id) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT a.*, (
              SELECT coalesce(jsonb_agg(i ORDER BY i.id), '[]') FROM control.isolation i
              WHERE i.organization_id = a.organization_id AND i.agent_id = a.id
                AND i.released_at IS NULL) AS isolations
            FROM control.agent a WHERE a.organization_id = :organization AND a.id = :id
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("id", id.uuid())
        .map((row, _) -> read(row))
        .findOne();
  }

  /** Makes changes to the same agent wait for each other. */
  void lock(Transaction transaction, AgentId id) {
    transaction
        .handle()
        .createQuery(
            """
            SELECT id FROM control.agent
            WHERE organization_id = :organization AND id = :id FOR NO KEY UPDATE
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("id", id.uuid())
        .mapTo(UUID.class)
        .findOne();
  }

  void insert(Transaction transaction, Agent agent) {
    bind(
            transaction
                .handle()
                .createUpdate(
                    """
                    INSERT INTO control.agent
                      (organization_id, id, enclave_id, name, description, labels, owner_id,
                       client_cidr, intent, budget, models, approval_limit, may_bring_credential,
                       version, status, status_at, created_at, updated_at)
                    VALUES (:organization, :id, :enclave, :name, :description,
                      CAST(:labels AS jsonb), :owner, CAST(:cidr AS jsonb), CAST(:intent AS jsonb),
                      CAST(:budget AS jsonb), CAST(:models AS jsonb), CAST(:approvalLimit AS integer),
                      :mayBringCredential, :version, :status, 'epoch', :createdAt, :updatedAt)
                    """),
            transaction,
            agent)
        .bind("enclave", agent.enclaveId().uuid())
        .bind("status", agent.status().wire())
        .bind("createdAt", agent.createdAt())
        .execute();
  }

  void update(Transaction transaction, Agent agent) {
    bind(
            transaction
                .handle()
                .createUpdate(
                    """
                    UPDATE control.agent
                    SET name = :name, description = :description, labels = CAST(:labels AS jsonb),
                      owner_id = :owner, client_cidr = CAST(:cidr AS jsonb),
                      intent = CAST(:intent AS jsonb), budget = CAST(:budget AS jsonb),
                      models = CAST(:models AS jsonb), approval_limit = CAST(:approvalLimit AS integer),
                      may_bring_credential = :mayBringCredential, version = :version,
                      updated_at = :updatedAt
                    WHERE organization_id = :organization AND id = :id
                    """),
            transaction,
            agent)
        .execute();
  }

  /** From here on the agent is history; its name is free again. */
  void bury(Transaction transaction, AgentId id, Instant now) {
    transaction
        .handle()
        .createUpdate(
            """
            UPDATE control.agent
            SET deleted_at = :now, updated_at = :now, version = version + 1,
              status = 'decommissioned'
            WHERE organization_id = :organization AND id = :id AND deleted_at IS NULL
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("id", id.uuid())
        .bind("now", now)
        .execute();
  }

  private static Update bind(Update update, Transaction transaction, Agent agent) {
    var profile = agent.profile();
    return update
        .bind("organization", transaction.organization().uuid())
        .bind("id", agent.id().uuid())
        .bind("name", profile.name())
        .bind("description", profile.description())
        .bind("labels", Rows.json(profile.labels()))
        .bind("owner", profile.owner().uuid())
        .bind("cidr", Rows.json(profile.clientCidr()))
        .bind("intent", Rows.json(profile.intent()))
        .bind("budget", Rows.json(profile.budget()))
        .bind("models", Rows.json(profile.models()))
        .bind("approvalLimit", profile.approvalLimit())
        .bind("mayBringCredential", profile.mayBringCredential())
        .bind("version", agent.version())
        .bind("updatedAt", agent.updatedAt());
  }

  private static @Nullable BudgetStanding spending(ResultSet row, BudgetTerms budget)
      throws SQLException {
    var at = Rows.instantOrNull(row, "spending_at");
    return at == null
        ? null
        : BudgetStanding.of(Rows.json(row, "spending", Spending.class), at, budget);
  }

  private static Agent read(ResultSet row) throws SQLException {
    var profile =
        new AgentProfile(
            row.getString("name"),
            row.getString("description"),
            Rows.json(row, "labels", Rows.LABELS),
            new MemberId(Rows.uuid(row, "owner_id")),
            Rows.json(row, "client_cidr", CIDRS),
            Rows.json(row, "intent", AgentProfile.Intent.class),
            Rows.json(row, "budget", BudgetTerms.class),
            Rows.json(row, "models", ModelAccess.class),
            row.getObject("approval_limit", Integer.class),
            row.getBoolean("may_bring_credential"));
    return new Agent(
        new AgentId(Rows.uuid(row, "id")),
        profile,
        new EnclaveId(Rows.uuid(row, "enclave_id")),
        AgentStatus.of(row.getString("status")),
        Rows.json(row, "isolations", ISOLATIONS).stream()
            .map(isolation ->
                new Agent.Isolation(
                    new IsolationId(isolation.id()),
                    isolation.reason(),
                    isolation.askedBy(),
                    isolation.askedAt(),
                    isolation.acknowledgedAt()))
            .toList(),
        spending(row, profile.budget()),
        row.getLong("version"),
        Rows.instant(row, "created_at"),
        Rows.instant(row, "updated_at"),
        Rows.instantOrNull(row, "last_seen_at"),
        Rows.instantOrNull(row, "deleted_at"));
  }
}
