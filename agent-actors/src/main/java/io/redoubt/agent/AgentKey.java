package io.redoubt.agent;

import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;

/** Names an agent, tenant first (G7). */
public record AgentKey(OrganizationId organization, AgentId agent) {
  /** {@code org:agent}, the id of its entity. */
  public String entityId() {
    return organization + ":" + agent;
  }

  /** Reads {@link #entityId()}. */
  public static AgentKey ofEntityId(String entityId) {
    int colon = entityId.indexOf(':');
    return new AgentKey(
        OrganizationId.parse(entityId.substring(0, colon)),
        AgentId.parse(entityId.substring(colon + 1)));
  }

  @Override
  public String toString() {
    return entityId();
  }
}
