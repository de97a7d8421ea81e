package io.redoubt.controlplane.enclave;

import io.redoubt.controlplane.operator.Change;
import io.redoubt.protocol.id.EnclaveId;

/** Hears of an enclave that is deleted, so that nothing goes on waiting for it. */
@FunctionalInterface
public interface Farewell {
  /** Within the change that deletes it. */
  void said(Change change, EnclaveId enclave);
}
