package io.redoubt.agent;

import io.redoubt.budget.Ledger;
import io.redoubt.budget.OrganizationBudgets;
import io.redoubt.policy.Policies;
import io.redoubt.session.DriftReports;
import io.redoubt.session.History;

/** What agents need of the rest of their enclave. */
public record AgentPorts(
    Fences fences,
    Policies policies,
    History history,
    Ledger ledger,
    OrganizationBudgets organizations,
    DriftReports drifts) {}
