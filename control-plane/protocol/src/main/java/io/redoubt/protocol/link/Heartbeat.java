package io.redoubt.protocol.link;

import io.redoubt.protocol.id.EnclaveId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Says how fresh the enclave's view is; signed like a command, in a server-sent event named {@code
 * heartbeat} (G8).
 *
 * @param lastCommand number of the newest command in the log
 * @param bundle digest of the newest policy bundle; null: the control plane has none to name
 */
public record Heartbeat(
    EnclaveId enclaveId, Instant time, long lastCommand, @Nullable String bundle) {}
