package io.redoubt.protocol.link;

import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Instant;

/**
 * A command with its place in the enclave's ordered log. Travels as the payload of a JWS of type
 * {@code redoubt-command+jwt}, one server-sent event each, whose event id is the number.
 *
 * @param number from 1 on, without gaps
 */
public record CommandEnvelope(
    EnclaveId enclaveId,
    long number,
    OrganizationId organizationId,
    Instant issuedAt,
    LinkCommand command) {}
