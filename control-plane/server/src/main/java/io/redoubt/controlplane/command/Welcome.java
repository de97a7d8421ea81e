package io.redoubt.controlplane.command;

import io.redoubt.controlplane.operator.Change;
import io.redoubt.protocol.id.EnclaveId;

/** Tells an enclave that begins to serve an organization one of the things it must know first. */
public interface Welcome {
  void tell(Change change, EnclaveId enclave);
}
