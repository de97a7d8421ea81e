package io.redoubt.controlplane.operator;

import io.redoubt.protocol.id.ClientId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Who was let in, and on what ground.
 *
 * @param client whose token they showed
 * @param issuedAt when it was issued
 * @param secretFrom since when the client has had the secret it was issued for; null: it does not
 *     say
 */
record Admission(
    Operator operator, ClientId client, Instant issuedAt, @Nullable Instant secretFrom) {}
