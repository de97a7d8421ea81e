package io.redoubt.controlplane.agent;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.redoubt.controlplane.budget.BudgetStanding;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.link.AgentStatus;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An agent, as operators see it: what it should be, and what its enclave last said that it is.
 *
 * @param isolations those that stand, as far as is known here
 * @param spending how its budget stands; null: its enclave never said
 */
record Agent(
    AgentId id,
    @JsonUnwrapped AgentProfile profile,
    EnclaveId enclaveId,
    AgentStatus status,
    List<Isolation> isolations,
    @Nullable BudgetStanding spending,
    long version,
    Instant createdAt,
    Instant updatedAt,
    @Nullable Instant lastSeenAt,
    @Nullable Instant deletedAt) {

  /**
   * An isolation that stands.
   *
   * @param reason null: an isolation made at the enclave, which has not said why
   * @param acknowledgedAt from when on nothing is permitted; null: not confirmed yet
   */
  record Isolation(
      IsolationId id,
      @Nullable String reason,
      @Nullable String askedBy,
      Instant askedAt,
      @Nullable Instant acknowledgedAt) {}

  Agent {
    isolations = List.copyOf(isolations);
  }
}
