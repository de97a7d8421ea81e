package io.redoubt.approval;

import io.redoubt.ClusterMessage;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be approved. Stored: the names are for ever. Without the call's arguments, which are
 * sealed elsewhere.
 *
 * @param identity what a grant is good for, and nothing else
 * @param owner the human answerable for the agent
 * @param within what the resource is in; null: nothing is known
 * @param digest SHA-256 of the canonical call, hex
 * @param action that asked first
 * @param turn the call to a model that it came of; null: it came of none
 * @param workflows all of which have to grant, one after the other
 */
public record ApprovalRequest(
    String identity,
    AgentId agent,
    @Nullable String owner,
    Plane plane,
    String operation,
    @Nullable String within,
    String resource,
    String digest,
    List<String> policyIds,
    long bundleVersion,
    int risk,
    ActionId action,
    @Nullable ActionId turn,
    @Nullable String traceId,
    List<ApprovalWorkflow> workflows)
    implements ClusterMessage {
  public ApprovalRequest {
    policyIds = List.copyOf(policyIds);
    workflows = List.copyOf(workflows);
    if (workflows.isEmpty()) {
      throw new IllegalArgumentException("nobody is asked");
    }
  }
}
