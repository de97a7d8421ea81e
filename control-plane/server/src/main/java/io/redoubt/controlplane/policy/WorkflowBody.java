package io.redoubt.controlplane.policy;

import io.redoubt.controlplane.operator.Checks;
import io.redoubt.policy.Floor;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalTier.Kind;
import io.redoubt.protocol.approval.ApprovalTier.OnTimeout;
import io.redoubt.protocol.approval.ApprovalView.Decision;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.ApproverGroup;
import io.redoubt.protocol.policy.PolicyDocument;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A workflow without its name, as operators write it.
 *
 * @param uses null: 1
 * @param windowSeconds null: a quarter of an hour
 */
record WorkflowBody(
    @Nullable List<@Nullable Tier> tiers, @Nullable Integer uses, @Nullable Integer windowSeconds) {
  private static final int QUARTER_OF_AN_HOUR = 900;
  private static final int USUAL_JUDGE_SECONDS = 20;
  private static final int USUAL_CONFIDENCE = 70;
  private static final String PEOPLE = Kind.HUMAN.wire();
  private static final String MODELS = Kind.LLM_JUDGE.wire();

  /**
   * One tier.
   *
   * @param approvers null: whoever may decide approvals
   * @param quorum null: 1
   * @param timeoutSeconds null: a quarter of an hour
   * @param onTimeout null: deny
   * @param veto null: yes
   * @param excludeOwner null: no
   * @param provider of the model that is asked; null: people are
   * @param model that is asked; null: people are
   * @param settles what the model may settle; null: nothing that a model may
   * @param maxRisk up to which the model may approve
   * @param minConfidence below which nothing that the model says counts; null: {@value
   *     #USUAL_CONFIDENCE}
   * @param stepUpSeconds how long ago whoever approves may have authenticated; null: any token is
   *     enough
   * @param stepUpRisk from which risk on; null: always
   */
  record Tier(
      @Nullable Kind kind,
      @Nullable List<@Nullable String> approvers,
      @Nullable Integer quorum,
      @Nullable Integer timeoutSeconds,
      @Nullable OnTimeout onTimeout,
      @Nullable Boolean veto,
      @Nullable Boolean excludeOwner,
      @Nullable String provider,
      @Nullable String model,
      @Nullable List<@Nullable Decision> settles,
      @Nullable Integer maxRisk,
      @Nullable Integer minConfidence,
      @Nullable Integer stepUpSeconds,
      @Nullable Integer stepUpRisk) {

    private boolean isModels() {
      return kind == Kind.LLM_JUDGE;
    }

    private void check(Checks checks, String at, boolean last) {
      checks
          .require(kind != null, at + "/kind", "is needed: human or llm_judge")
          .require(
              !last || onTimeout != OnTimeout.NEXT,
              at + "/on_timeout",
              "is deny: after the last tier there is no next one");
      if (isModels()) {
        checkModels(checks, at);
      } else {
        checkPeoples(checks, at);
      }
    }

    private void checkModels(Checks checks, String at) {
      var settled = settled();
      int seconds = Optional.ofNullable(timeoutSeconds).orElse(USUAL_JUDGE_SECONDS);
      checks
          .require(ApprovalTier.isProvider(provider), at + "/provider", "is the name of a provider")
          .require(ApprovalTier.isModel(model), at + "/model", "is the name of a model")
          .require(
              settles != null && !settled.isEmpty() && settled.size() == settles.size(),
              at + "/settles",
              "is approve, deny, or both, each once")
          .require(
              settled.contains(Decision.APPROVE)
                  ? isWithin(maxRisk, ApprovalTier.MAX_RISK)
                  : maxRisk == null,
              at + "/max_risk",
              "is from 0 to 100 for a model that may approve, and for no other")
          .require(
              minConfidence == null || isWithin(minConfidence, ApprovalTier.MAX_CONFIDENCE),
              at + "/min_confidence",
              "is from 0 to 100")
          .require(
              seconds >= 1 && seconds <= ApprovalTier.MAX_JUDGE_SECONDS,
              at + "/timeout_seconds",
              "is from 1 to " + ApprovalTier.MAX_JUDGE_SECONDS);
      isFor(checks, approvers, at + "/approvers", PEOPLE);
      isFor(checks, quorum, at + "/quorum", PEOPLE);
      isFor(checks, veto, at + "/veto", PEOPLE);
      isFor(checks, excludeOwner, at + "/exclude_owner", PEOPLE);
      isFor(checks, stepUpSeconds, at + "/step_up_seconds", PEOPLE);
      isFor(checks, stepUpRisk, at + "/step_up_risk", PEOPLE);
    }

    private static boolean isWithin(@Nullable Integer value, int most) {
      return value != null && value >= 0 && value <= most;
    }

    /** What would say nothing here was meant to say something. */
    private static void isFor(Checks checks, @Nullable Object value, String at, String whom) {
      checks.require(value == null, at, "is for tiers of kind " + whom);
    }

    private List<Decision> settled() {
      return Optional.ofNullable(settles).orElse(List.of()).stream()
          .flatMap(Stream::ofNullable)
          .distinct()
          .toList();
    }

    private void checkPeoples(Checks checks, String at) {
      isFor(checks, provider, at + "/provider", MODELS);
      isFor(checks, model, at + "/model", MODELS);
      isFor(checks, settles, at + "/settles", MODELS);
      isFor(checks, maxRisk, at + "/max_risk", MODELS);
      isFor(checks, minConfidence, at + "/min_confidence", MODELS);
      var named = Optional.ofNullable(approvers).orElse(List.of());
      int asked = Optional.ofNullable(quorum).orElse(1);
      int seconds = Optional.ofNullable(timeoutSeconds).orElse(QUARTER_OF_AN_HOUR);
      checks
          .list(at + "/approvers", approvers, ApprovalTier.MAX_APPROVERS, 100)
          .require(
              stepUpSeconds == null
                  || (stepUpSeconds >= ApprovalTier.MIN_STEP_UP_SECONDS
                      && stepUpSeconds <= ApprovalTier.MAX_STEP_UP_SECONDS),
              at + "/step_up_seconds",
              "is from "
                  + ApprovalTier.MIN_STEP_UP_SECONDS
                  + " to "
                  + ApprovalTier.MAX_STEP_UP_SECONDS)
          .require(
              stepUpRisk == null
                  || (stepUpSeconds != null && isWithin(stepUpRisk, ApprovalTier.MAX_RISK)),
              at + "/step_up_risk",
              "is from 0 to 100, beside step_up_seconds")
          .require(
              asked >= 1 && asked <= ApprovalTier.MAX_QUORUM,
              at + "/quorum",
              "is from 1 to " + ApprovalTier.MAX_QUORUM)
          .require(
              seconds >= 1 && seconds <= ApprovalTier.MAX_TIMEOUT_SECONDS,
              at + "/timeout_seconds",
              "is from 1 to " + ApprovalTier.MAX_TIMEOUT_SECONDS);
      for (int i = 0; i < Math.min(named.size(), ApprovalTier.MAX_APPROVERS); i++) {
        checks.require(
            isSomebody(named.get(i)),
            at + "/approvers/" + i,
            "is owner, a group as group:NAME, or the id of a member or a client");
      }
      long others =
          named.stream()
              .distinct()
              .filter(it -> !(isTrue(excludeOwner) && ApprovalTier.OWNER.equals(it)))
              .count();
      checks.require(
          named.isEmpty() || others >= asked || named.stream().anyMatch(Tier::isGroup),
          at + "/quorum",
          "is more than there are approvers, so that nobody could ever grant");
    }

    private static boolean isSomebody(@Nullable String approver) {
      return ApprovalTier.OWNER.equals(approver)
          || isGroup(approver)
          || Approvers.isSomebody(approver);
    }

    /** Whether there is one of that name, a publication looks at. */
    private static boolean isGroup(@Nullable String approver) {
      return approver != null
          && ApproverGroup.named(approver).filter(ApproverGroup::isName).isPresent();
    }

    private ApprovalTier tier(boolean last) {
      return isModels() ? models(last) : peoples();
    }

    /** Where a model settles nothing, the next tier is asked, if there is one. */
    private ApprovalTier models(boolean last) {
      return ApprovalTier.judge(
          Objects.requireNonNull(provider),
          Objects.requireNonNull(model),
          settled(),
          maxRisk,
          Optional.ofNullable(minConfidence).orElse(USUAL_CONFIDENCE),
          Optional.ofNullable(timeoutSeconds).orElse(USUAL_JUDGE_SECONDS),
          Optional.ofNullable(onTimeout).orElse(last ? OnTimeout.DENY : OnTimeout.NEXT));
    }

    private ApprovalTier peoples() {
      var tier =
          new ApprovalTier(
              Objects.requireNonNull(kind),
              Optional.ofNullable(approvers).orElse(List.of()).stream()
                  .map(Objects::requireNonNull)
                  .toList(),
              Optional.ofNullable(quorum).orElse(1),
              Optional.ofNullable(timeoutSeconds).orElse(QUARTER_OF_AN_HOUR),
              Optional.ofNullable(onTimeout).orElse(OnTimeout.DENY),
              veto == null || veto,
              isTrue(excludeOwner));
      return stepUpSeconds == null ? tier : tier.steppingUp(stepUpSeconds, stepUpRisk);
    }

    private static boolean isTrue(@Nullable Boolean value) {
      return value != null && value;
    }
  }

  /** As a workflow of that name, or 422 with all that is wrong. */
  ApprovalWorkflow checked(String name) {
    var checks = new Checks();
    int calls = Optional.ofNullable(uses).orElse(1);
    int seconds = Optional.ofNullable(windowSeconds).orElse(QUARTER_OF_AN_HOUR);
    checks
        .require(
            PolicyDocument.isName(name),
            "name",
            "has 1 to 63 lower-case letters, digits, dots, dashes and underscores")
        .require(!Floor.isOf(name), "name", PolicyTexts.NOT_OWN)
        .require(
            tiers != null && !tiers.isEmpty() && tiers.size() <= ApprovalWorkflow.MAX_TIERS,
            "/tiers",
            "are 1 to " + ApprovalWorkflow.MAX_TIERS)
        .require(
            calls >= 1 && calls <= ApprovalWorkflow.MAX_USES,
            "/uses",
            "is from 1 to " + ApprovalWorkflow.MAX_USES)
        .require(
            seconds >= 1 && seconds <= ApprovalWorkflow.MAX_WINDOW_SECONDS,
            "/window_seconds",
            "is from 1 to " + ApprovalWorkflow.MAX_WINDOW_SECONDS);
    var asked = Optional.ofNullable(tiers).orElse(List.of());
    var all = new ArrayList<Tier>();
    for (int i = 0; i < Math.min(asked.size(), ApprovalWorkflow.MAX_TIERS); i++) {
      Tier tier = asked.get(i);
      checks.require(tier != null, "/tiers/" + i, "is no tier");
      if (tier != null) {
        tier.check(checks, "/tiers/" + i, i == asked.size() - 1);
        all.add(tier);
      }
    }
    checks.done();
    var ready = new ArrayList<ApprovalTier>();
    for (int i = 0; i < all.size(); i++) {
      ready.add(all.get(i).tier(i == all.size() - 1));
    }
    new Checks()
        .require(
            ApprovalWorkflow.asksPeopleAfterModels(ready),
            "/tiers",
            "ask a model that may approve before people, and people after it: it never decides in"
                + " their stead")
        .done();
    return new ApprovalWorkflow(name, ready, calls, seconds);
  }
}
