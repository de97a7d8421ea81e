package io.redoubt.proxy.decide;

import io.redoubt.protocol.id.EnclaveId;

/** Who enforces, as audit records name it. */
public record NodeIdentity(EnclaveId enclave, String node) {}
