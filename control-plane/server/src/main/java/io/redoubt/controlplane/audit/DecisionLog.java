package io.redoubt.controlplane.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.AuditId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What was decided about actions, for those who explain it and those who try other policies. */
public final class DecisionLog {
  private final AuditQuery query = new AuditQuery();

  /** The record of that id, intent and outcome as one. */
  public Optional<JsonNode> find(Transaction transaction, AuditId id) {
    return query.read(transaction, AuditFilter.of(id), Optional.empty(), 1).stream()
        .findFirst()
        .map(AuditQuery.Found::record);
  }

  /**
   * First halves of the records of agents' actions, newest first.
   *
   * @param since inclusive
   * @param until exclusive
   */
  public List<AuditRecord> newest(
      Transaction transaction, Optional<AgentId> agent, Instant since, Instant until, int limit) {
    transaction.handle().execute("SET LOCAL plan_cache_mode = force_custom_plan");
    return transaction
        .handle()
        .createQuery(
            """
            SELECT body FROM control.audit_record
            WHERE organization_id = :organization AND time >= :since AND time < :until
              AND (CAST(:agent AS uuid) IS NULL OR agent_id = CAST(:agent AS uuid))
              AND agent_id IS NOT NULL AND plane NOT IN ('identity', 'lifecycle', 'admin')
            ORDER BY time DESC, id DESC LIMIT :limit
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("since", since)
        .bind("until", until)
        .bindByType("agent", agent.map(AgentId::uuid).orElse(null), UUID.class)
        .bind("limit", limit)
        .map((row, _) -> AuditStore.read(row.getString("body"), AuditRecord.class))
        .list();
  }
}
