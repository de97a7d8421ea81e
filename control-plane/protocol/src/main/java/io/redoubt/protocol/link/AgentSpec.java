package io.redoubt.protocol.link;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.redoubt.protocol.net.Cidr;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an agent should be, as the control plane says it.
 *
 * @param owner the human answerable for the agent, as written in audit records
 * @param clientCidr source addresses the agent may call from; empty: any
 * @param mayBringCredential whether it may call a model with an upstream credential of its own
 * @param intent what it is meant to do
 * @param budget what it may spend
 * @param approvalLimit how many of its requests may wait for a decision, 0 or more; null: as many
 *     as any agent's. More than the enclave allows any agent has no effect
 * @param version grows with every change, so that an older one arriving late changes nothing
 */
public record AgentSpec(
    String name,
    @Nullable String owner,
    Map<String, String> labels,
    List<Cidr> clientCidr,
    ModelAccess models,
    boolean mayBringCredential,
    @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = Manifest.Unsaid.class)
        Manifest intent,
    @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = Budget.Unsaid.class)
        Budget budget,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer approvalLimit,
    long version) {
  @SuppressWarnings("ConstantValue") // what was written before there were such has none
  public AgentSpec {
    labels = Map.copyOf(labels);
    clientCidr = List.copyOf(clientCidr);
    intent = intent == null ? Manifest.NONE : intent;
    budget = budget == null ? Budget.NONE : budget;
  }

  /** An agent that may ask for approvals as often as any. */
  public AgentSpec(
      String name,
      @Nullable String owner,
      Map<String, String> labels,
      List<Cidr> clientCidr,
      ModelAccess models,
      boolean mayBringCredential,
      Manifest intent,
      Budget budget,
      long version) {
    this(
        name, owner, labels, clientCidr, models, mayBringCredential, intent, budget, null, version);
  }

  /** An agent that may spend what it wants. */
  public AgentSpec(
      String name,
      @Nullable String owner,
      Map<String, String> labels,
      List<Cidr> clientCidr,
      ModelAccess models,
      boolean mayBringCredential,
      Manifest intent,
      long version) {
    this(name, owner, labels, clientCidr, models, mayBringCredential, intent, Budget.NONE, version);
  }

  /** An agent of which nobody says what it is meant to do. */
  public AgentSpec(
      String name,
      @Nullable String owner,
      Map<String, String> labels,
      List<Cidr> clientCidr,
      ModelAccess models,
      boolean mayBringCredential,
      long version) {
    this(name, owner, labels, clientCidr, models, mayBringCredential, Manifest.NONE, version);
  }

  /** The same, one version later, for a change of nothing else. */
  public AgentSpec withVersion(long version) {
    return new AgentSpec(
        name,
        owner,
        labels,
        clientCidr,
        models,
        mayBringCredential,
        intent,
        budget,
        approvalLimit,
        version);
  }
}
