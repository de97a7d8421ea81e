package io.redoubt.controlplane.link;

import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.token.TokenDigest;

/**
 * The enclave that calls, as its API key proves.
 *
 * @param home the organization it belongs to; it may serve others besides
 * @param key digest of the key it called with
 */
record Caller(EnclaveId enclave, OrganizationId home, TokenDigest key) {}
