package io.redoubt.enclave.operatorapi;

import io.redoubt.audit.AuditLog;
import io.redoubt.audit.AuditLookup;
import io.redoubt.organization.Organizations;
import io.redoubt.payload.PayloadStore;

/**
 * What reading recorded payloads needs of the rest of the enclave.
 *
 * @param records of the actions
 * @param audit that says who read what
 */
public record PayloadPorts(
    PayloadStore payloads, AuditLookup records, AuditLog audit, Organizations organizations) {}
