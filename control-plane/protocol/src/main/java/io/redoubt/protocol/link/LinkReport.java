package io.redoubt.protocol.link;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import com.fasterxml.jackson.annotation.JsonValue;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.BundleDigest;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What an enclave tells its control plane: {@code POST /enclave/v1/reports} with {@code {"reports":
 * […]}}. Any of them may come twice.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(LinkReport.Applied.class),
  @JsonSubTypes.Type(LinkReport.Rejected.class),
  @JsonSubTypes.Type(LinkReport.AgentSeen.class),
  @JsonSubTypes.Type(LinkReport.AgentStopped.class),
  @JsonSubTypes.Type(LinkReport.NodesSeen.class),
  @JsonSubTypes.Type(LinkReport.BundleRunning.class),
  @JsonSubTypes.Type(LinkReport.ApprovalSeen.class),
  @JsonSubTypes.Type(LinkReport.ApprovalVoted.class)
})
public sealed interface LinkReport {

  /**
   * Every command up to this number is applied, passed over, or set aside: an order to stop an
   * agent that fails counts as carried out when its proof comes, and not before.
   */
  @JsonTypeName("commands.applied")
  record Applied(long upTo, Instant at) implements LinkReport {}

  /** A command that this enclave cannot apply and has passed over, with the reason. */
  @JsonTypeName("command.rejected")
  record Rejected(long number, String why) implements LinkReport {
    /**
     * Why what a later release might know is passed over; the control plane's schema has it too.
     */
    public static final String UNKNOWN = "this release does not know the command";
  }

  /**
   * What an agent is, as the enclave has it.
   *
   * @param lastSeenAt when it last proved its identity; null: never
   * @param isolations those that stand, break-glass ones included
   * @param spending how its budget stands; null: it has none, or there is no news of it
   */
  @JsonTypeName("agent.seen")
  record AgentSeen(
      OrganizationId organizationId,
      AgentId agentId,
      AgentStatus status,
      @Nullable Instant lastSeenAt,
      List<IsolationId> isolations,
      @Nullable Spending spending,
      Instant at)
      implements LinkReport {
    public AgentSeen(
        OrganizationId organizationId,
        AgentId agentId,
        AgentStatus status,
        @Nullable Instant lastSeenAt,
        List<IsolationId> isolations,
        Instant at) {
      this(organizationId, agentId, status, lastSeenAt, isolations, null, at);
    }
  }

  /** Answer to isolate, release, revoke and decommission: the proof of G3. */
  @JsonTypeName("agent.stopped")
  record AgentStopped(
      OrganizationId organizationId, AgentId agentId, long commandNumber, Acknowledgement proof)
      implements LinkReport {}

  /**
   * Which nodes decide by a bundle.
   *
   * @param nodes that said so
   * @param missing live nodes that did not (yet)
   */
  @JsonTypeName("bundle.running")
  record BundleRunning(
      OrganizationId organizationId,
      long version,
      BundleDigest digest,
      List<NodeRun> nodes,
      List<String> missing,
      Instant at)
      implements LinkReport {

    /** One node, and when it began. */
    public record NodeRun(String node, Instant acknowledgedAt) {}
  }

  /**
   * How a request for approval stands.
   *
   * @param approval with the arguments of the call as long as it is pending
   */
  @JsonTypeName("approval.seen")
  record ApprovalSeen(OrganizationId organizationId, ApprovalView approval) implements LinkReport {}

  /**
   * Answer to a decision: whether it counts.
   *
   * @param approval as it stands now; null: there is none of that name
   * @param why the change is refused; null: none is
   */
  @JsonTypeName("approval.voted")
  record ApprovalVoted(
      OrganizationId organizationId,
      ApprovalId approvalId,
      long commandNumber,
      Hearing outcome,
      @Nullable ApprovalView approval,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String why)
      implements LinkReport {
    /** Of a decision that changes nothing of the call. */
    public ApprovalVoted(
        OrganizationId organizationId,
        ApprovalId approvalId,
        long commandNumber,
        Hearing outcome,
        @Nullable ApprovalView approval) {
      this(organizationId, approvalId, commandNumber, outcome, approval, null);
    }
  }

  /** What became of somebody's decision. */
  enum Hearing {
    HEARD,
    UNKNOWN,
    DECIDED,
    NOT_ASKED,
    VOTED_BEFORE,
    /** Whoever approves has to have authenticated more lately than that. */
    NOT_FRESH,
    /** The call cannot be changed, or not like that. */
    EDIT_REFUSED,
    /** The command could not be carried out; it is reported as {@link Rejected}. */
    REJECTED;

    @JsonValue
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Hearing of(String wire) {
      return valueOf(wire.toUpperCase(Locale.ROOT));
    }
  }

  /** The live nodes of the enclave. */
  @JsonTypeName("nodes.seen")
  record NodesSeen(List<Node> nodes, Instant at) implements LinkReport {
    /** One live node. */
    public record Node(String node, String version, Instant startedAt) {}
  }
}
