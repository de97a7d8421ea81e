package io.redoubt.proxy.judge;

import io.redoubt.agent.Agents;
import io.redoubt.agent.Fences;
import io.redoubt.approval.ApprovalBoard;
import io.redoubt.approval.JudgeAllowance;
import io.redoubt.audit.AuditLog;
import io.redoubt.lease.Lease;
import io.redoubt.link.Freshness;
import io.redoubt.policy.Policies;
import io.redoubt.provider.Providers;

/** What asking a model needs of the rest of the enclave. */
public record JudgePorts(
    Agents agents,
    Fences fences,
    ApprovalBoard board,
    Providers providers,
    Policies policies,
    JudgeAllowance allowance,
    AuditLog audit,
    Lease lease,
    Freshness freshness) {}
