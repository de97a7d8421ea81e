package io.redoubt.action;

import io.redoubt.ClusterMessage;
import io.redoubt.protocol.id.ApprovalId;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A grant that an action wants to pass by.
 *
 * @param identity of the request that was granted: it is good for no other
 * @param tier the one that granted it, from 1
 * @param by who approved
 * @param maxRisk beyond which it is no good, since a model was among them; null: none was
 */
public record Approved(
    ApprovalId id, String identity, int tier, Set<String> by, Instant at, @Nullable Integer maxRisk)
    implements ClusterMessage {
  public Approved {
    by = Set.copyOf(by);
  }

  /** By people. */
  public Approved(ApprovalId id, String identity, int tier, Set<String> by, Instant at) {
    this(id, identity, tier, by, at, null);
  }

  /** Whether it is good for something of that risk. */
  public boolean coversRisk(int risk) {
    return maxRisk == null || risk <= maxRisk;
  }
}
