package io.redoubt.controlplane.approval;

import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.OrganizationId;
import org.jdbi.v3.core.Handle;

/** Hears of each step of a request, in the transaction that takes it in. */
public interface Steps {
  void taken(Handle handle, OrganizationId organization, ApprovalView view);
}
