package io.redoubt.controlplane.policy;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.redoubt.protocol.policy.Canary;
import java.time.Instant;

/** A canary of the draft, as operators see it. */
record CanaryEntry(
    @JsonUnwrapped CanaryView canary,
    long version,
    String updatedBy,
    Instant createdAt,
    Instant updatedAt) {

  static CanaryEntry of(DraftParts.Part<Canary> part) {
    return new CanaryEntry(
        CanaryView.of(part.body()),
        part.version(),
        part.updatedBy(),
        part.createdAt(),
        part.updatedAt());
  }
}
