package io.redoubt.proxy.tools;

import io.redoubt.agent.Agents;
import io.redoubt.approval.ApprovalDesk;
import io.redoubt.audit.AuditLog;
import io.redoubt.connector.Connectors;
import io.redoubt.entity.Patience;
import io.redoubt.lease.Lease;
import io.redoubt.link.Freshness;
import io.redoubt.policy.Policies;

/**
 * What operations of connectors need of the rest of the enclave.
 *
 * @param patience with a verdict
 */
public record ToolPorts(
    Agents agents,
    AuditLog audit,
    Connectors connectors,
    Policies policies,
    Lease lease,
    Freshness freshness,
    Patience patience,
    ApprovalDesk approvals) {}
