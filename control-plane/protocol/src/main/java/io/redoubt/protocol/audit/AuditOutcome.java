package io.redoubt.protocol.audit;

import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Instant;

/** The second half of an audit record: how the intent of that id ended. */
public record AuditOutcome(
    AuditId id, OrganizationId organizationId, Instant time, Outcome outcome) {}
