package io.redoubt.controlplane.policy;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.redoubt.protocol.approval.ApproverGroup;
import java.time.Instant;

/** A group of the draft, as operators see it. */
record GroupEntry(
    @JsonUnwrapped ApproverGroup group,
    long version,
    String updatedBy,
    Instant createdAt,
    Instant updatedAt) {

  static GroupEntry of(DraftParts.Part<ApproverGroup> part) {
    return new GroupEntry(
        part.body(), part.version(), part.updatedBy(), part.createdAt(), part.updatedAt());
  }
}
