package io.redoubt.approval;

import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.OrganizationId;

/** Names a request for approval, tenant first (G7). */
public record ApprovalKey(OrganizationId organization, ApprovalId approval) {
  /** {@code org:approval}, the id of its entity. */
  public String entityId() {
    return organization + ":" + approval;
  }

  /** Reads {@link #entityId()}. */
  public static ApprovalKey ofEntityId(String entityId) {
    int colon = entityId.indexOf(':');
    return new ApprovalKey(
        OrganizationId.parse(entityId.substring(0, colon)),
        ApprovalId.parse(entityId.substring(colon + 1)));
  }

  @Override
  public String toString() {
    return entityId();
  }
}
