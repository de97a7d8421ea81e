package io.redoubt.enclave.link;

import io.redoubt.ClusterMessage;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How the link to the control plane stands; told to every node each second.
 *
 * @param heardAt time of the last signed heartbeat, by the control plane's clock; null: none yet
 * @param lastApplied number of the last command applied here
 * @param lastCommand number of the newest command known to exist
 * @param setAside commands that could not be carried out, and those that wait for them
 */
public record LinkStatus(
    boolean connected, @Nullable Instant heardAt, long lastApplied, long lastCommand, int setAside)
    implements ClusterMessage {}
