package io.redoubt.controlplane.agent;

import io.redoubt.controlplane.budget.BudgetTerms;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.Manifest;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.net.Cidr;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What operators say about an agent.
 *
 * @param owner the member answerable for it
 * @param clientCidr source addresses it may call from; empty: any
 * @param approvalLimit how many approvals it may have pending; null: as many as any agent
 * @param mayBringCredential whether it may call a model with an upstream credential of its own
 */
record AgentProfile(
    String name,
    String description,
    Map<String, String> labels,
    MemberId owner,
    List<Cidr> clientCidr,
    Intent intent,
    BudgetTerms budget,
    ModelAccess models,
    @Nullable Integer approvalLimit,
    boolean mayBringCredential) {

  /** What the agent is meant to do; empty lists say nothing. */
  record Intent(
      List<String> connectors, List<String> operations, List<String> models, List<String> hosts) {
    static final Intent NONE = new Intent(List.of(), List.of(), List.of(), List.of());

    Intent {
      connectors = List.copyOf(connectors);
      operations = List.copyOf(operations);
      models = List.copyOf(models);
      hosts = List.copyOf(hosts);
    }
  }

  AgentProfile {
    labels = Map.copyOf(labels);
    clientCidr = List.copyOf(clientCidr);
  }

  /** As an enclave is told. */
  AgentSpec spec(long version) {
    return new AgentSpec(
        name,
        owner.toString(),
        labels,
        clientCidr,
        models,
        mayBringCredential,
        new Manifest(intent.connectors(), intent.operations(), intent.models(), intent.hosts()),
        budget.wire(),
        approvalLimit,
        version);
  }
}
