package io.redoubt.controlplane.enclave;

import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.link.LinkReport;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An enclave, as operators see it.
 *
 * @param enrolled whether it ever said hello
 * @param version of its software
 * @param lastContactAt when it was last heard of
 * @param listening whether it is connected, as far as can be told
 * @param lag commands that it has not applied yet
 * @param bundleVersion null: it has no policy bundle
 */
public record Enclave(
    EnclaveId id,
    String name,
    boolean enrolled,
    @Nullable String version,
    @Nullable Instant lastContactAt,
    boolean listening,
    long lag,
    long lastCommand,
    long appliedUpTo,
    @Nullable String bundleVersion,
    List<LinkReport.NodesSeen.Node> nodes,
    @Nullable Instant nodesAt,
    Instant createdAt,
    Instant updatedAt) {

  public Enclave {
    nodes = List.copyOf(nodes);
  }
}
