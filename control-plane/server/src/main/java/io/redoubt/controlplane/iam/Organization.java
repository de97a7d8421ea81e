package io.redoubt.controlplane.iam;

import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.OrganizationSpec;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An organization, as operators see it.
 *
 * @param payloads what enclaves keep of requests and replies
 * @param payloadRetentionDays after which they delete it
 * @param offlineMode what agents may do while enclaves have not heard the control plane for longer
 *     than their window
 * @param failOpen null: agents do nothing where no policy is known
 */
public record Organization(
    OrganizationId id,
    String name,
    OrganizationSpec.Payloads payloads,
    int payloadRetentionDays,
    OrganizationSpec.OfflineMode offlineMode,
    @Nullable FailOpen failOpen,
    long version,
    Instant createdAt,
    Instant updatedAt) {

  /**
   * The choice that agents may act where no policy of the organization is known (G5).
   *
   * @param compensatingControls what the organization does instead
   * @param acknowledgedBy a member's or a client's id
   */
  public record FailOpen(
      String compensatingControls, String acknowledgedBy, Instant acknowledgedAt) {}

  OrganizationSpec spec() {
    return new OrganizationSpec(
        name, payloads, payloadRetentionDays, offlineMode, failOpen != null, version);
  }
}
