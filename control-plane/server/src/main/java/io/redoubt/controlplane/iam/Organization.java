package io.redoubt.controlplane.iam;

import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.OrganizationSpec;
import java.time.Instant;

/**
 * An organization, as operators see it.
 *
 * @param payloads what enclaves keep of requests and replies
 * @param payloadRetentionDays after which they delete it
 */
public record Organization(
    OrganizationId id,
    String name,
    OrganizationSpec.Payloads payloads,
    int payloadRetentionDays,
    long version,
    Instant createdAt,
    Instant updatedAt) {

  OrganizationSpec spec() {
    return new OrganizationSpec(name, payloads, payloadRetentionDays, version);
  }
}
