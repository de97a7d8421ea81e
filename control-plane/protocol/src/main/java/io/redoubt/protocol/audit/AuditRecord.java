package io.redoubt.protocol.audit;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One line of the audit log. A record without {@code outcome} is an intent: it was durable before
 * the act, and its outcome follows (G4).
 *
 * @param owner the human answerable for the agent
 * @param node the enclave node that enforced it
 * @param operation what was attempted, such as {@code llm:generate} or {@code token:rotate}
 * @param resource what it was attempted on, such as a model's name
 * @param actionDigest SHA-256 of the canonical action, hex
 * @param tools that a request to a model declares; null: it is none, or was not read
 * @param reserved what of the agent's budget is kept for it; null: it has none, or costs nothing
 * @param detail a short stable code or sentence that says why; never a payload, never a secret
 * @param actor who acted, where it was not the agent: an operator's or client's id
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record AuditRecord(
    AuditId id,
    Instant time,
    OrganizationId organizationId,
    @Nullable AgentId agentId,
    @Nullable String owner,
    @Nullable String onBehalfOf,
    @Nullable EnclaveId enclaveId,
    @Nullable String node,
    Plane plane,
    @Nullable String connector,
    String operation,
    @Nullable String resource,
    @Nullable String actionDigest,
    Verdict verdict,
    @Nullable Integer riskScore,
    List<String> policyIds,
    @Nullable String bundleVersion,
    List<String> findings,
    @Nullable Coverage coverage,
    @Nullable String approvalId,
    @Nullable Outcome outcome,
    @Nullable String traceId,
    ActorKind actorKind,
    @Nullable String actor,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable DeclaredTools tools,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Reserved reserved,
    @Nullable String detail) {

  public AuditRecord {
    policyIds = List.copyOf(policyIds);
    findings = List.copyOf(findings);
  }
}
