package io.redoubt.action;

import io.redoubt.ClusterMessage;
import io.redoubt.protocol.id.ApprovalId;
import java.time.Instant;
import java.util.Set;

/**
 * A grant that an action wants to pass by.
 *
 * @param identity of the request that was granted: it is good for no other
 * @param tier the one that granted it, from 1
 * @param by who approved
 */
public record Approved(ApprovalId id, String identity, int tier, Set<String> by, Instant at)
    implements ClusterMessage {
  public Approved {
    by = Set.copyOf(by);
  }
}
