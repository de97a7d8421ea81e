package io.redoubt.controlplane.operator;

import io.redoubt.protocol.audit.AuditRecord;
import org.jdbi.v3.core.Handle;

/** Where what operators do is recorded, in the transaction that does it. */
public interface Trail {
  void record(Handle handle, AuditRecord record);

  /** The same, unless one of that identifier was recorded before: then nothing changes. */
  void recordOnce(Handle handle, AuditRecord record);
}
