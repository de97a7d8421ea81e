package io.redoubt.controlplane.approval;

import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.OrganizationId;
import org.jdbi.v3.core.Handle;

/** Hears of each step of a request, in the transaction that takes it in. */
public interface Steps {
  void taken(Handle handle, OrganizationId organization, ApprovalView view);

  /** What stands beside one is another thing by now, though nothing has become of it itself. */
  void again(Handle handle, OrganizationId organization, ApprovalId id);
}
