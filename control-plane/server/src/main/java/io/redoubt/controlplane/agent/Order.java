package io.redoubt.controlplane.agent;

import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.IsolationId;
import org.jspecify.annotations.Nullable;

/**
 * An isolate, release, revoke, revoke-token or decommission on its way to the enclave.
 *
 * @param number of the command in the enclave's log
 * @param isolationId the isolation that it makes; null: it makes none
 * @param listening whether the enclave was there to hear it
 */
record Order(
    EnclaveId enclave, long number, @Nullable IsolationId isolationId, boolean listening) {}
