package io.redoubt.approval;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.redoubt.ClusterMessage;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.PolicyClause;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be approved. Stored: the names are for ever. Without the call's arguments, which are
 * sealed elsewhere.
 *
 * @param identity what a grant is good for, and nothing else
 * @param owner the human answerable for the agent
 * @param within what the resource is in; null: nothing is known
 * @param digest SHA-256 of the canonical call, or of the bytes of a request to a model, hex
 * @param action that asked first
 * @param turn the call to a model that it came of; null: it came of none
 * @param workflows all of which have to grant, one after the other
 * @param editing how its arguments may be changed; null: they may not
 * @param origin what it stands in the place of; null: an agent asked for it as it is
 * @param riskReasons what makes the risk, such as {@code off-intent 30}
 * @param findings what inspection found in the call, by kind
 * @param clauses the policies that want it, in their own words
 */
public record ApprovalRequest(
    String identity,
    AgentId agent,
    @Nullable String owner,
    Plane plane,
    String operation,
    @Nullable String within,
    String resource,
    String digest,
    List<String> policyIds,
    long bundleVersion,
    int risk,
    ActionId action,
    @Nullable ActionId turn,
    @Nullable String traceId,
    List<ApprovalWorkflow> workflows,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Editing editing,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Origin origin,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> riskReasons,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> findings,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<PolicyClause> clauses)
    implements ClusterMessage {

  /** What stands in the place of arguments. */
  public enum Form {
    OBJECT,
    /** The tool takes text: an object with that as its {@code input}, and nothing else. */
    TEXT
  }

  /**
   * How arguments may be changed.
   *
   * @param source the address that the agent asked from, by which the changed call is judged
   */
  public record Editing(Form form, String source) {}

  /**
   * What a changed call stands in the place of.
   *
   * @param tier the one that is asked first, from 0: those before it had their time
   */
  public record Origin(ApprovalView.Edit edit, int tier) {}

  /** One that nobody may change. */
  public ApprovalRequest(
      String identity,
      AgentId agent,
      @Nullable String owner,
      Plane plane,
      String operation,
      @Nullable String within,
      String resource,
      String digest,
      List<String> policyIds,
      long bundleVersion,
      int risk,
      ActionId action,
      @Nullable ActionId turn,
      @Nullable String traceId,
      List<ApprovalWorkflow> workflows) {
    this(
        identity,
        agent,
        owner,
        plane,
        operation,
        within,
        resource,
        digest,
        policyIds,
        bundleVersion,
        risk,
        action,
        turn,
        traceId,
        workflows,
        null,
        null,
        List.of(),
        List.of(),
        List.of());
  }

  @SuppressWarnings("ConstantValue") // one from before they were told has none
  public ApprovalRequest {
    policyIds = List.copyOf(policyIds);
    workflows = List.copyOf(workflows);
    riskReasons = riskReasons == null ? List.of() : List.copyOf(riskReasons);
    findings = findings == null ? List.of() : List.copyOf(findings);
    clauses = clauses == null ? List.of() : List.copyOf(clauses);
    if (workflows.isEmpty()) {
      throw new IllegalArgumentException("nobody is asked");
    }
    if (origin != null
        && (origin.tier() < 0 || origin.tier() >= workflows.getFirst().tiers().size())) {
      throw new IllegalArgumentException("there is no such tier");
    }
  }

  /** The tier that is asked first, from 0. */
  int firstTier() {
    return origin == null ? 0 : origin.tier();
  }

  /** The same, that may be changed like that; null: it may not. */
  public ApprovalRequest edited(@Nullable Editing how) {
    return new ApprovalRequest(
        identity,
        agent,
        owner,
        plane,
        operation,
        within,
        resource,
        digest,
        policyIds,
        bundleVersion,
        risk,
        action,
        turn,
        traceId,
        workflows,
        how,
        origin,
        riskReasons,
        findings,
        clauses);
  }

  /** The same, with why it is out of line and who wants it, for those who decide. */
  public ApprovalRequest because(
      List<String> riskReasons, List<String> findings, List<PolicyClause> clauses) {
    return new ApprovalRequest(
        identity,
        agent,
        owner,
        plane,
        operation,
        within,
        resource,
        digest,
        policyIds,
        bundleVersion,
        risk,
        action,
        turn,
        traceId,
        workflows,
        editing,
        origin,
        riskReasons,
        findings,
        clauses);
  }
}
