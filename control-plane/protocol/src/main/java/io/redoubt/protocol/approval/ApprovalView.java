package io.redoubt.protocol.approval;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.json.ExactJson;
import io.redoubt.protocol.json.FalseIfAbsent;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request for approval, as those who decide see it.
 *
 * @param owner the human answerable for the agent
 * @param within what the resource is in; null: nothing is known
 * @param arguments of the call, exactly; null: it has none, or they are not told here
 * @param actionDigest SHA-256, hex: what is approved, and nothing else. Of a call of a tool in its
 *     canonical form (RFC 8785); of the bytes of a request to a model
 * @param workflow whose tier is asked, or was asked last
 * @param tier its number, from 1
 * @param riskScore 0 to 100
 * @param usesLeft how often the call may still pass
 * @param expiresAt when the tier's time, or the grant's, ends; null: it is over
 * @param decidedAt null: not decided
 * @param version grows with everything that happens to it
 * @param related others that the same turn of a model asked for
 * @param opinions of models, that settled nothing
 * @param stepUpSeconds how long ago whoever approves now may have authenticated; null: it does not
 *     matter, or nothing is to be decided
 * @param editable whether whoever approves may change the arguments
 * @param editOf what it stands in the place of; null: an agent asked for it as it is
 * @param editedTo what stands in its place; null: nothing does
 * @param argumentsWithheld whether there are arguments that are too large to be told here: nobody
 *     may take such a call for one that has none
 * @param riskReasons what makes the score, with its points, such as {@code off-intent 30}
 * @param findings what inspection found in the call, by kind, such as {@code pii:email}
 * @param prompt of a call to a model, what it says; null: it is none, or that is not told here
 * @param clauses the policies that want it, as far as they are told, in their own words
 * @param relatedCalls what is known of those that are related, where one request is shown
 * @param earlierRequests for the same call in the day before it was asked for, the newest first,
 *     where one request is shown
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ApprovalView(
    ApprovalId id,
    ApprovalStatus status,
    AgentId agentId,
    @Nullable String owner,
    Plane plane,
    String operation,
    @Nullable String within,
    String resource,
    @JsonDeserialize(using = ExactJson.class) @Nullable JsonNode arguments,
    String actionDigest,
    ActionId actionId,
    List<String> policyIds,
    String workflow,
    int tier,
    int riskScore,
    List<Vote> votes,
    int usesLeft,
    Instant askedAt,
    @Nullable Instant expiresAt,
    @Nullable Instant decidedAt,
    int version,
    List<ApprovalId> related,
    List<Opinion> opinions,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer stepUpSeconds,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) @JsonDeserialize(using = FalseIfAbsent.class)
        boolean editable,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Edit editOf,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Edit editedTo,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) @JsonDeserialize(using = FalseIfAbsent.class)
        boolean argumentsWithheld,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> riskReasons,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> findings,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<PolicyClause> clauses,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable ModelPrompt prompt,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<RelatedCall> relatedCalls,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<EarlierRequest> earlierRequests) {

  /** What whoever approves may write in the place of arguments, in bytes. */
  public static final int MAX_EDITED_BYTES = 64 * 1024;

  /** What somebody said. */
  public enum Decision {
    APPROVE,
    DENY;

    @JsonValue
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Decision of(String wire) {
      return Arrays.stream(values())
          .filter(value -> value.wire().equals(wire))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("unknown: " + wire));
    }
  }

  /**
   * One voice.
   *
   * @param by a member's or client's identifier, or a model, named {@code model:…}
   * @param through where it was said, such as {@code control-plane}; {@code judge}: a model said it
   * @param authenticationAge how long before that they had authenticated, in seconds; null: that is
   *     not known
   */
  public record Vote(
      String by,
      String through,
      Decision decision,
      String reason,
      String workflow,
      int tier,
      Instant at,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long authenticationAge) {
    /** Of somebody of whom it is not known when they authenticated. */
    public Vote(
        String by,
        String through,
        Decision decision,
        String reason,
        String workflow,
        int tier,
        Instant at) {
      this(by, through, decision, reason, workflow, tier, at, null);
    }
  }

  /**
   * That somebody has changed a call.
   *
   * @param approval the request for the other of the two calls
   * @param actionDigest of that call
   * @param by who has changed it
   * @param changes where the arguments differ (RFC 6901); some of them where there are many
   */
  public record Edit(ApprovalId approval, String actionDigest, String by, List<String> changes) {
    public Edit {
      changes = changes == null ? List.of() : List.copyOf(changes);
    }
  }

  /**
   * What a model said, or that it said nothing, and why that settled nothing.
   *
   * @param why it settled nothing
   */
  public record Opinion(ModelOpinion opinion, String why, String workflow, int tier, Instant at) {}

  /** Another call that the same turn of a model asked for, and how its request stands. */
  public record RelatedCall(
      ApprovalId id, ApprovalStatus status, String operation, String resource) {}

  /** That the agent asked for the same call before, and what became of that. */
  public record EarlierRequest(ApprovalId id, ApprovalStatus status, Instant askedAt) {}

  /** What it is about, as people and policies call it. */
  public String target() {
    return plane.target(within, resource);
  }

  public ApprovalView {
    policyIds = List.copyOf(policyIds);
    votes = List.copyOf(votes);
    related = related == null ? List.of() : List.copyOf(related);
    opinions = opinions == null ? List.of() : List.copyOf(opinions);
    riskReasons = riskReasons == null ? List.of() : List.copyOf(riskReasons);
    findings = findings == null ? List.of() : List.copyOf(findings);
    clauses = clauses == null ? List.of() : List.copyOf(clauses);
    relatedCalls = relatedCalls == null ? List.of() : List.copyOf(relatedCalls);
    earlierRequests = earlierRequests == null ? List.of() : List.copyOf(earlierRequests);
  }

  /** One of which no model was asked. */
  public ApprovalView(
      ApprovalId id,
      ApprovalStatus status,
      AgentId agentId,
      @Nullable String owner,
      Plane plane,
      String operation,
      @Nullable String within,
      String resource,
      @Nullable JsonNode arguments,
      String actionDigest,
      ActionId actionId,
      List<String> policyIds,
      String workflow,
      int tier,
      int riskScore,
      List<Vote> votes,
      int usesLeft,
      Instant askedAt,
      @Nullable Instant expiresAt,
      @Nullable Instant decidedAt,
      int version,
      List<ApprovalId> related) {
    this(
        id,
        status,
        agentId,
        owner,
        plane,
        operation,
        within,
        resource,
        arguments,
        actionDigest,
        actionId,
        policyIds,
        workflow,
        tier,
        riskScore,
        votes,
        usesLeft,
        askedAt,
        expiresAt,
        decidedAt,
        version,
        related,
        List.of(),
        null,
        false,
        null,
        null,
        false,
        List.of(),
        List.of(),
        List.of(),
        null,
        List.of(),
        List.of());
  }

  /**
   * Whether one of these has approved it there, in whichever tier.
   *
   * @param voters members and clients, as they are on record
   * @param through where they said so
   */
  public boolean isApprovedBy(Set<String> voters, String through) {
    return votes.stream()
        .anyMatch(vote ->
            vote.decision() == Decision.APPROVE
                && vote.through().equals(through)
                && voters.contains(vote.by()));
  }

  /** The same, with what else is known of it, and nothing else that its call says. */
  public ApprovalView with(@Nullable JsonNode arguments, List<ApprovalId> related) {
    return with(arguments, related, false, null, List.of(), List.of());
  }

  /** The same, and not what the arguments are, which are too large to be told. */
  public ApprovalView withheld() {
    return with(null, related, true, null, List.of(), List.of());
  }

  /** The same about a call to a model that says so. */
  public ApprovalView saying(@Nullable ModelPrompt prompt) {
    return with(arguments, related, argumentsWithheld, prompt, List.of(), List.of());
  }

  /** The same beside those that are related to it, and those that came before. */
  public ApprovalView beside(List<RelatedCall> relatedCalls, List<EarlierRequest> earlier) {
    return with(arguments, related, argumentsWithheld, prompt, relatedCalls, earlier);
  }

  private ApprovalView with(
      @Nullable JsonNode arguments,
      List<ApprovalId> related,
      boolean argumentsWithheld,
      @Nullable ModelPrompt prompt,
      List<RelatedCall> relatedCalls,
      List<EarlierRequest> earlierRequests) {
    return new ApprovalView(
        id,
        status,
        agentId,
        owner,
        plane,
        operation,
        within,
        resource,
        arguments,
        actionDigest,
        actionId,
        policyIds,
        workflow,
        tier,
        riskScore,
        votes,
        usesLeft,
        askedAt,
        expiresAt,
        decidedAt,
        version,
        related,
        opinions,
        stepUpSeconds,
        editable,
        editOf,
        editedTo,
        argumentsWithheld,
        riskReasons,
        findings,
        clauses,
        prompt,
        relatedCalls,
        earlierRequests);
  }

  /** The same when nothing can come of it any more. */
  public ApprovalView cancelled(Instant at) {
    return new ApprovalView(
        id,
        ApprovalStatus.CANCELLED,
        agentId,
        owner,
        plane,
        operation,
        within,
        resource,
        null,
        actionDigest,
        actionId,
        policyIds,
        workflow,
        tier,
        riskScore,
        votes,
        0,
        askedAt,
        null,
        at,
        version + 1,
        related,
        opinions,
        null,
        false,
        editOf,
        editedTo,
        false,
        riskReasons,
        findings,
        clauses,
        null,
        List.of(),
        List.of());
  }
}
