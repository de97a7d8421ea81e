package io.redoubt.controlplane.channel;

import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;

/**
 * How much of a request's history was told.
 *
 * @param votes how many
 */
record Standing(ApprovalStatus status, String workflow, int tier, int votes) {
  static Standing of(ApprovalView view) {
    return new Standing(view.status(), view.workflow(), view.tier(), view.votes().size());
  }
}
