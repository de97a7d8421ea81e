package io.redoubt.family;

import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.token.FamilyHandle;

/** Names a token family, tenant first (G7). */
public record FamilyKey(OrganizationId organization, FamilyId family) {
  public static FamilyKey of(FamilyHandle handle) {
    return new FamilyKey(handle.organization(), handle.familyId());
  }

  /** {@code org:family}, the id of its entity. */
  public String entityId() {
    return organization + ":" + family;
  }

  /** Reads {@link #entityId()}. */
  public static FamilyKey ofEntityId(String entityId) {
    int colon = entityId.indexOf(':');
    return new FamilyKey(
        OrganizationId.parse(entityId.substring(0, colon)),
        FamilyId.parse(entityId.substring(colon + 1)));
  }

  @Override
  public String toString() {
    return entityId();
  }
}
