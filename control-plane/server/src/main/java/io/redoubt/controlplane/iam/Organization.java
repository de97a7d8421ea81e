package io.redoubt.controlplane.iam;

import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.OrganizationSpec;
import java.time.Instant;

/**
 * An organization, as operators see it.
 *
 * @param payloads what enclaves keep of requests and replies
 * @param payloadRetentionDays after which they delete it
 * @param offlineMode what agents may do while enclaves have not heard the control plane for longer
 *     than their window
 */
public record Organization(
    OrganizationId id,
    String name,
    OrganizationSpec.Payloads payloads,
    int payloadRetentionDays,
    OrganizationSpec.OfflineMode offlineMode,
    long version,
    Instant createdAt,
    Instant updatedAt) {

  OrganizationSpec spec() {
    return new OrganizationSpec(name, payloads, payloadRetentionDays, offlineMode, version);
  }
}
