package io.redoubt.controlplane.policy;

import io.redoubt.protocol.policy.PolicyDocument;
import java.time.Instant;

/**
 * A document of the draft, as operators see it.
 *
 * @param version grows with every change
 * @param updatedBy the member or client who changed it last; {@code system}: Redoubt itself
 */
public record Policy(
    String name,
    String cedar,
    long version,
    String updatedBy,
    Instant createdAt,
    Instant updatedAt) {

  PolicyDocument document() {
    return new PolicyDocument(name, cedar);
  }
}
