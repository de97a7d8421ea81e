package io.redoubt.controlplane.policy;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import java.time.Instant;

/** A workflow of the draft, as operators see it. */
record WorkflowEntry(
    @JsonUnwrapped ApprovalWorkflow workflow,
    long version,
    String updatedBy,
    Instant createdAt,
    Instant updatedAt) {

  static WorkflowEntry of(DraftParts.Part<ApprovalWorkflow> part) {
    return new WorkflowEntry(
        part.body(), part.version(), part.updatedBy(), part.createdAt(), part.updatedAt());
  }
}
