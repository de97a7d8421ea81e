package io.redoubt.protocol.link;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.redoubt.protocol.id.IsolationId;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The proof of G3: which nodes stopped the agent, when, and how that is known.
 *
 * @param isolationId null for what is not an isolation
 * @param acknowledgedAt from this instant on nothing is permitted
 * @param compute state of the compute the agent runs on; {@code unmanaged} where Redoubt does not
 *     run it
 */
public record Acknowledgement(
    @Nullable IsolationId isolationId,
    Instant acknowledgedAt,
    List<NodeProof> nodes,
    String compute) {

  /** One enforcement node. */
  public record NodeProof(String node, How how, int streamsCut, Instant at) {}

  /** How it is known that a node has stopped the agent. */
  public enum How {
    /** The node said so. */
    CUT,
    /**
     * The node did not answer. Its lease of before has run out since: it has none, or one that it
     * got only after it had cut what the agent had under way.
     */
    LEASE_EXPIRED,
    /**
     * The node did not answer, and too few others did to be certain. The fence keeps it from
     * permitting anything new (G12).
     */
    UNCONFIRMED;

    @JsonValue
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static How of(String wire) {
      return switch (wire) {
        case "cut" -> CUT;
        case "lease_expired" -> LEASE_EXPIRED;
        case "unconfirmed" -> UNCONFIRMED;
        default -> throw new IllegalArgumentException("unknown: " + wire);
      };
    }
  }
}
