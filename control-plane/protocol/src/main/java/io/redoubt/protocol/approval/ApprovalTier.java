package io.redoubt.protocol.approval;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonValue;
import io.redoubt.protocol.approval.ApprovalView.Decision;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One step of a workflow: who is asked, and for how long.
 *
 * @param kind who decides
 * @param approvers members and clients by their identifiers, and {@value #OWNER} for the agent's
 *     owner; groups as {@link ApproverGroup#approver}; empty: whoever may decide approvals
 * @param quorum how many have to approve
 * @param timeoutSeconds how long they are asked
 * @param onTimeout what follows where they have not decided by then
 * @param veto whether one denial denies; otherwise as many as it takes to approve
 * @param excludeOwner whether the agent's own owner has no vote
 * @param provider of the model that is asked; null: people are
 * @param model that is asked; null: people are
 * @param settles which of its answers settle anything; null: people are asked
 * @param maxRisk up to which its approval counts; null: it may not approve
 * @param minConfidence below which nothing that it says counts; null: people are asked
 * @param stepUpSeconds how long ago whoever approves may have authenticated; null: a token is
 *     enough
 * @param stepUpRisk from which risk on that is asked; null: it is always
 */
@JsonPropertyOrder({
  "kind",
  "approvers",
  "quorum",
  "timeout_seconds",
  "on_timeout",
  "veto",
  "exclude_owner",
  "provider",
  "model",
  "settles",
  "max_risk",
  "min_confidence",
  "step_up_seconds",
  "step_up_risk"
})
public record ApprovalTier(
    Kind kind,
    List<String> approvers,
    int quorum,
    int timeoutSeconds,
    OnTimeout onTimeout,
    boolean veto,
    boolean excludeOwner,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String provider,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String model,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<Decision> settles,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer maxRisk,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer minConfidence,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer stepUpSeconds,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer stepUpRisk) {
  /** Stands for the agent's owner among the approvers. */
  public static final String OWNER = "owner";

  public static final int MAX_APPROVERS = 100;
  public static final int MAX_QUORUM = 10;
  public static final int MAX_TIMEOUT_SECONDS = 7 * 24 * 3600;

  /** A model that takes longer than that is of no help to anybody who waits. */
  public static final int MAX_JUDGE_SECONDS = 300;

  /** Nobody types faster than that. */
  public static final int MIN_STEP_UP_SECONDS = 15;

  /** As long as a token lives. */
  public static final int MAX_STEP_UP_SECONDS = 900;

  public static final int MAX_RISK = 100;
  public static final int MAX_CONFIDENCE = 100;
  private static final int MAX_NAME = 100;
  private static final Pattern PROVIDER = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");
  private static final Pattern MODEL = Pattern.compile("[!-~]{1,100}");

  /** Who decides. */
  public enum Kind {
    HUMAN,
    /** A model, before people are asked. */
    LLM_JUDGE;

    @JsonValue
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Kind of(String wire) {
      return Arrays.stream(values())
          .filter(value -> value.wire().equals(wire))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("unknown: " + wire));
    }
  }

  /** What the end of a tier's time means. There is no value that grants. */
  public enum OnTimeout {
    NEXT,
    DENY;

    @JsonValue
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static OnTimeout of(String wire) {
      return Arrays.stream(values())
          .filter(value -> value.wire().equals(wire))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("unknown: " + wire));
    }
  }

  public ApprovalTier {
    check(kind != null && onTimeout != null, "a tier without a kind or an end");
    approvers = approvers.stream().distinct().toList();
    check(
        approvers.size() <= MAX_APPROVERS
            && approvers.stream().noneMatch(it -> it.isBlank() || it.length() > MAX_NAME),
        "approvers that are too many or too long");
    check(quorum >= 1 && quorum <= MAX_QUORUM, "a quorum is from 1 to " + MAX_QUORUM);
    check(
        approvers.isEmpty() || namesGroup(approvers) || quorum <= approvers.size(),
        "a quorum that its approvers never are");
    check(
        timeoutSeconds >= 1 && timeoutSeconds <= MAX_TIMEOUT_SECONDS,
        "a time limit is from 1 second to 7 days");
    check(
        stepUpSeconds == null
            || (stepUpSeconds >= MIN_STEP_UP_SECONDS && stepUpSeconds <= MAX_STEP_UP_SECONDS),
        "an authentication is fresh for 15 seconds to 15 minutes");
    check(
        stepUpRisk == null || (stepUpSeconds != null && isPercentage(stepUpRisk, MAX_RISK)),
        "a risk is from 0 to 100, and asks for a fresh authentication");
    List<Decision> settled =
        settles == null ? List.of() : settles.stream().distinct().sorted().toList();
    settles = settles == null ? null : settled;
    if (kind == Kind.LLM_JUDGE) {
      check(
          approvers.isEmpty() && quorum == 1 && veto && !excludeOwner,
          "a model is asked, and people as well");
      check(stepUpSeconds == null, "a model authenticates nowhere");
      check(
          timeoutSeconds <= MAX_JUDGE_SECONDS,
          "a model is waited for up to " + MAX_JUDGE_SECONDS + " seconds");
      check(isProvider(provider), "not the name of a provider");
      check(isModel(model), "not the name of a model");
      check(!settled.isEmpty(), "a model that settles nothing");
      check(
          (maxRisk != null) == settled.contains(Decision.APPROVE),
          "a model that may approve may do so up to a risk, and no other");
      check(maxRisk == null || isPercentage(maxRisk, MAX_RISK), "a risk is from 0 to 100");
      check(
          minConfidence != null && isPercentage(minConfidence, MAX_CONFIDENCE),
          "a confidence is from 0 to 100");
    } else {
      check(
          provider == null
              && model == null
              && settles == null
              && maxRisk == null
              && minConfidence == null,
          "people are asked, and a model as well");
    }
  }

  /** People. */
  public ApprovalTier(
      Kind kind,
      List<String> approvers,
      int quorum,
      int timeoutSeconds,
      OnTimeout onTimeout,
      boolean veto,
      boolean excludeOwner) {
    this(
        kind,
        approvers,
        quorum,
        timeoutSeconds,
        onTimeout,
        veto,
        excludeOwner,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  /**
   * The same people, who must have authenticated lately to approve.
   *
   * @param seconds ago, at most
   * @param risk from which on; null: always
   */
  public ApprovalTier steppingUp(int seconds, @Nullable Integer risk) {
    return new ApprovalTier(
        kind,
        approvers,
        quorum,
        timeoutSeconds,
        onTimeout,
        veto,
        excludeOwner,
        provider,
        model,
        settles,
        maxRisk,
        minConfidence,
        seconds,
        risk);
  }

  /**
   * A model.
   *
   * @param maxRisk null: it may not approve
   */
  public static ApprovalTier judge(
      String provider,
      String model,
      List<Decision> settles,
      @Nullable Integer maxRisk,
      int minConfidence,
      int timeoutSeconds,
      OnTimeout onTimeout) {
    return new ApprovalTier(
        Kind.LLM_JUDGE,
        List.of(),
        1,
        timeoutSeconds,
        onTimeout,
        true,
        false,
        provider,
        model,
        settles,
        maxRisk,
        minConfidence,
        null,
        null);
  }

  /** Words that tiers use; nobody who is called so is who is meant. */
  private static boolean standsForOthers(String person) {
    return OWNER.equals(person)
        || ModelOpinion.isModel(person)
        || ApproverGroup.named(person).isPresent();
  }

  /** Who is in a group, is known only where the tier is asked. */
  private static boolean namesGroup(List<String> approvers) {
    return approvers.stream().anyMatch(it -> ApproverGroup.named(it).isPresent());
  }

  public static boolean isProvider(@Nullable String name) {
    return name != null && PROVIDER.matcher(name).matches();
  }

  public static boolean isModel(@Nullable String name) {
    return name != null && MODEL.matcher(name).matches();
  }

  private static boolean isPercentage(int value, int most) {
    return value >= 0 && value <= most;
  }

  /** Whether a model decides that may grant. */
  public boolean letsModelApprove() {
    return settles != null && settles.contains(Decision.APPROVE);
  }

  /** Whether what the model says may settle the request. */
  public boolean letsModel(Decision decision) {
    return settles != null && settles.contains(decision);
  }

  /**
   * How long ago whoever approves something of that risk may have authenticated, in seconds; null:
   * it does not matter.
   */
  public @Nullable Integer freshness(int risk) {
    return stepUpRisk == null || risk >= stepUpRisk ? stepUpSeconds : null;
  }

  /**
   * Whether that person has a vote.
   *
   * @param groups names of those that the person is in
   * @param owner of the agent that asks; null: nobody
   */
  public boolean asks(String person, Collection<String> groups, @Nullable String owner) {
    if (kind == Kind.LLM_JUDGE || standsForOthers(person)) {
      return false;
    }
    boolean own = person.equals(owner);
    if (excludeOwner && own) {
      return false;
    }
    return approvers.isEmpty()
        || approvers.contains(person)
        || (own && approvers.contains(OWNER))
        || groups.stream().map(ApproverGroup::approver).anyMatch(approvers::contains);
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
