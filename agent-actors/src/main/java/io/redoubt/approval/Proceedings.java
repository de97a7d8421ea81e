package io.redoubt.approval;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.redoubt.action.Approved;
import io.redoubt.approval.Approval.Ballot;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalView.Decision;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.ModelOpinion;
import io.redoubt.protocol.id.ActionId;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What was asked, and all that was done about it so far. Stored: the names are for ever.
 *
 * @param workflow whose turn it is, or was last; from 0
 * @param tier of it, from 0
 * @param steps oldest first; bounded, since each tier has an end to its votes and each grant to its
 *     uses
 */
record Proceedings(
    ApprovalRequest request, Instant askedAt, int workflow, int tier, List<Step> steps) {

  /** What was done. */
  enum Deed {
    ASKED,
    VOTED,
    REFERRED,
    ESCALATED,
    GRANTED,
    DENIED,
    EXPIRED,
    USED,
    CANCELLED,
    EDITED
  }

  /**
   * One thing that was done.
   *
   * @param ballot of a vote
   * @param action that used the grant
   * @param by who cancelled it; null where nobody did
   * @param opinion of a model, that settled nothing; {@code note} says why
   * @param edit what stands in its place; {@code ballot} says who wants that
   */
  record Step(
      Deed deed,
      Instant at,
      int workflow,
      int tier,
      @Nullable Ballot ballot,
      @Nullable ActionId action,
      @Nullable String note,
      @Nullable String by,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable ModelOpinion opinion,
      @JsonInclude(JsonInclude.Include.NON_NULL) ApprovalView.@Nullable Edit edit) {
    private Step(
        Deed deed,
        Instant at,
        int workflow,
        int tier,
        @Nullable Ballot ballot,
        @Nullable ActionId action,
        @Nullable String note,
        @Nullable String by,
        @Nullable ModelOpinion opinion) {
      this(deed, at, workflow, tier, ballot, action, note, by, opinion, null);
    }

    /** Null: nobody voted. */
    private @Nullable Ballot vote() {
      return deed == Deed.VOTED ? ballot : null;
    }
  }

  Proceedings {
    steps = List.copyOf(steps);
  }

  static Proceedings begin(ApprovalRequest request, Instant at) {
    return new Proceedings(request, at, 0, request.firstTier(), List.of()).and(Deed.ASKED, at);
  }

  private Proceedings with(Step step) {
    return new Proceedings(
        request, askedAt, workflow, tier, Stream.concat(steps.stream(), Stream.of(step)).toList());
  }

  Proceedings and(Deed deed, Instant at) {
    return with(new Step(deed, at, workflow, tier, null, null, null, null, null));
  }

  Proceedings voted(Ballot ballot, Instant at) {
    return with(new Step(Deed.VOTED, at, workflow, tier, ballot, null, null, null, null));
  }

  Proceedings referred(ModelOpinion opinion, String why, Instant at) {
    return with(new Step(Deed.REFERRED, at, workflow, tier, null, null, why, null, opinion));
  }

  Proceedings used(ActionId action, Instant at) {
    return with(new Step(Deed.USED, at, workflow, tier, null, action, null, null, null));
  }

  Proceedings cancelled(String why, @Nullable String by, Instant at) {
    return with(new Step(Deed.CANCELLED, at, workflow, tier, null, null, why, by, null));
  }

  Proceedings edited(Ballot ballot, ApprovalView.Edit to, Instant at) {
    return with(new Step(Deed.EDITED, at, workflow, tier, ballot, null, null, null, null, to));
  }

  Proceedings at(int nextWorkflow, int nextTier, Instant at) {
    return new Proceedings(request, askedAt, nextWorkflow, nextTier, steps).and(Deed.ESCALATED, at);
  }

  ApprovalWorkflow asked() {
    return request.workflows().get(workflow);
  }

  ApprovalTier askedTier() {
    return asked().tiers().get(tier);
  }

  /** How long ago whoever approves now may have authenticated; null: it does not matter. */
  @Nullable Integer freshness() {
    return askedTier().freshness(request.risk());
  }

  boolean isLastWorkflow() {
    return workflow + 1 == request.workflows().size();
  }

  /** Whether exactly this was said before, whatever has become of it since. */
  boolean heard(Ballot ballot) {
    return ballots().anyMatch(it -> it.id().equals(ballot.id()));
  }

  private Stream<Ballot> ballots() {
    return steps.stream().map(Step::ballot).filter(it -> it != null);
  }

  /** What was said in the tier whose turn it is. */
  List<Ballot> inThisTier() {
    return steps.stream()
        .filter(step -> step.workflow() == workflow && step.tier() == tier)
        .map(Step::vote)
        .filter(it -> it != null)
        .toList();
  }

  long count(Decision decision) {
    return inThisTier().stream().filter(ballot -> ballot.decision() == decision).count();
  }

  boolean wasUsedBy(ActionId action) {
    return steps.stream().anyMatch(step -> action.equals(step.action()));
  }

  /** How often a grant is good: as often as every workflow says. */
  int uses() {
    return request.workflows().stream().mapToInt(ApprovalWorkflow::uses).min().orElse(1);
  }

  /** And for how long, in seconds. */
  int window() {
    return request.workflows().stream().mapToInt(ApprovalWorkflow::windowSeconds).min().orElse(1);
  }

  /** The grant, as policies see it. */
  Approved grant(ApprovalKey key, Instant at) {
    Set<String> by =
        steps.stream()
            .filter(step -> step.tier() == lastTierOf(step.workflow()))
            .map(Step::ballot)
            .filter(it -> it != null && it.decision() == Decision.APPROVE)
            .map(Ballot::by)
            .collect(Collectors.toSet());
    return new Approved(key.approval(), request.identity(), tier + 1, by, at, maxRisk());
  }

  /** Up to which the models among those who granted could do so; null: none did. */
  private @Nullable Integer maxRisk() {
    return steps.stream()
        .filter(step -> step.ballot() != null && step.ballot().decision() == Decision.APPROVE)
        .map(step -> request.workflows().get(step.workflow()).tiers().get(step.tier()).maxRisk())
        .filter(Objects::nonNull)
        .min(Comparator.naturalOrder())
        .orElse(null);
  }

  private int lastTierOf(int number) {
    return steps.stream()
        .filter(step -> step.workflow() == number)
        .mapToInt(Step::tier)
        .max()
        .orElse(0);
  }

  ApprovalView view(
      ApprovalKey key,
      ApprovalStatus status,
      int usesLeft,
      @Nullable Instant expiresAt,
      @Nullable Instant decidedAt) {
    return new ApprovalView(
        key.approval(),
        status,
        request.agent(),
        request.owner(),
        request.plane(),
        request.operation(),
        request.within(),
        request.resource(),
        null,
        request.digest(),
        request.action(),
        request.policyIds(),
        asked().name(),
        tier + 1,
        request.risk(),
        votes(),
        usesLeft,
        askedAt,
        expiresAt,
        decidedAt,
        steps.size(),
        List.of(),
        opinions(),
        status == ApprovalStatus.PENDING ? freshness() : null,
        status == ApprovalStatus.PENDING && request.editing() != null,
        request.origin() == null ? null : request.origin().edit(),
        steps.getLast().edit(),
        false,
        request.riskReasons(),
        request.findings(),
        request.clauses(),
        null,
        List.of(),
        List.of());
  }

  private List<ApprovalView.Opinion> opinions() {
    return steps.stream()
        .filter(step -> step.opinion() != null)
        .map(step -> opinion(step, step.opinion()))
        .toList();
  }

  private ApprovalView.Opinion opinion(Step step, ModelOpinion opinion) {
    return new ApprovalView.Opinion(
        opinion,
        step.note() == null ? "" : step.note(),
        request.workflows().get(step.workflow()).name(),
        step.tier() + 1,
        step.at());
  }

  private List<ApprovalView.Vote> votes() {
    return steps.stream()
        .filter(step -> step.vote() != null)
        .map(step -> vote(step, step.vote()))
        .toList();
  }

  private ApprovalView.Vote vote(Step step, Ballot ballot) {
    return new ApprovalView.Vote(
        ballot.by(),
        ballot.through(),
        ballot.decision(),
        ballot.reason(),
        request.workflows().get(step.workflow()).name(),
        step.tier() + 1,
        step.at(),
        ballot.authenticationAge());
  }
}
