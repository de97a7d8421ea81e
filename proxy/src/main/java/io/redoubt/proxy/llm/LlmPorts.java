package io.redoubt.proxy.llm;

import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Agents;
import io.redoubt.approval.ApprovalDesk;
import io.redoubt.audit.AuditLog;
import io.redoubt.entity.Patience;
import io.redoubt.lease.Lease;
import io.redoubt.link.Freshness;
import io.redoubt.policy.Policies;
import io.redoubt.provider.Providers;
import java.util.function.Consumer;

/**
 * What the LLM plane needs of the rest of the enclave.
 *
 * @param patience with a verdict
 * @param charged told of every agent of whose budget there is news
 */
public record LlmPorts(
    Agents agents,
    AuditLog audit,
    Providers providers,
    Policies policies,
    Lease lease,
    Freshness freshness,
    Patience patience,
    Consumer<AgentKey> charged,
    ApprovalDesk approvals) {}
