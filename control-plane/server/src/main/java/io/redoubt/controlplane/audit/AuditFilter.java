package io.redoubt.controlplane.audit;

import io.redoubt.controlplane.operator.Parameters;
import io.redoubt.protocol.audit.ActorKind;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.EnclaveId;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Which records are asked for; what is empty filters nothing.
 *
 * @param since inclusive
 * @param until exclusive
 */
record AuditFilter(
    Optional<AgentId> agent,
    Optional<Plane> plane,
    Optional<Verdict> verdict,
    Optional<String> operation,
    Optional<UUID> id,
    Optional<ActorKind> actorKind,
    Optional<String> actor,
    Optional<EnclaveId> enclave,
    Optional<String> trace,
    Optional<Instant> since,
    Optional<Instant> until) {

  static final String[] PARAMETERS = {
    "agent_id",
    "plane",
    "verdict",
    "operation",
    "action_id",
    "actor_kind",
    "actor",
    "enclave_id",
    "trace_id",
    "since",
    "until",
    "limit",
    "cursor"
  };

  /** One record. */
  static AuditFilter of(AuditId id) {
    return new AuditFilter(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(id.uuid()),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  static AuditFilter of(Parameters parameters) {
    return new AuditFilter(
        parameters.id("agent_id", AgentId::parse),
        parameters.oneOf("plane", Plane.values(), Plane::wire),
        parameters.oneOf("verdict", Verdict.values(), Verdict::wire),
        parameters.text("operation"),
        parameters.id("action_id", ActionId::parse).map(ActionId::uuid),
        parameters.oneOf("actor_kind", ActorKind.values(), ActorKind::wire),
        parameters.text("actor"),
        parameters.id("enclave_id", EnclaveId::parse),
        parameters.text("trace_id"),
        parameters.time("since"),
        parameters.time("until"));
  }
}
