package io.redoubt.controlplane.policy;

import io.redoubt.controlplane.operator.Checks;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalTier.Kind;
import io.redoubt.protocol.approval.ApprovalTier.OnTimeout;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.policy.PolicyDocument;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
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

  /**
   * One tier.
   *
   * @param approvers null: whoever may decide approvals
   * @param quorum null: 1
   * @param timeoutSeconds null: a quarter of an hour
   * @param onTimeout null: deny
   * @param veto null: yes
   * @param excludeOwner null: no
   */
  record Tier(
      @Nullable Kind kind,
      @Nullable List<@Nullable String> approvers,
      @Nullable Integer quorum,
      @Nullable Integer timeoutSeconds,
      @Nullable OnTimeout onTimeout,
      @Nullable Boolean veto,
      @Nullable Boolean excludeOwner) {

    private void check(Checks checks, String at, boolean last) {
      var named = Optional.ofNullable(approvers).orElse(List.of());
      int asked = Optional.ofNullable(quorum).orElse(1);
      int seconds = Optional.ofNullable(timeoutSeconds).orElse(QUARTER_OF_AN_HOUR);
      checks
          .require(kind != null, at + "/kind", "is needed: human")
          .require(kind != Kind.LLM_JUDGE, at + "/kind", "is human: a model cannot be asked yet")
          .list(at + "/approvers", approvers, ApprovalTier.MAX_APPROVERS, 100)
          .require(
              asked >= 1 && asked <= ApprovalTier.MAX_QUORUM,
              at + "/quorum",
              "is from 1 to " + ApprovalTier.MAX_QUORUM)
          .require(
              seconds >= 1 && seconds <= ApprovalTier.MAX_TIMEOUT_SECONDS,
              at + "/timeout_seconds",
              "is from 1 to " + ApprovalTier.MAX_TIMEOUT_SECONDS)
          .require(
              !last || onTimeout != OnTimeout.NEXT,
              at + "/on_timeout",
              "is deny: after the last tier there is no next one");
      for (int i = 0; i < Math.min(named.size(), ApprovalTier.MAX_APPROVERS); i++) {
        checks.require(
            isSomebody(named.get(i)),
            at + "/approvers/" + i,
            "is owner, or the id of a member or a client");
      }
      long others =
          named.stream()
              .distinct()
              .filter(it -> !(isTrue(excludeOwner) && ApprovalTier.OWNER.equals(it)))
              .count();
      checks.require(
          named.isEmpty() || others >= asked,
          at + "/quorum",
          "is more than there are approvers, so that nobody could ever grant");
    }

    private static boolean isSomebody(@Nullable String approver) {
      return ApprovalTier.OWNER.equals(approver)
          || isId(approver, MemberId::parse)
          || isId(approver, ClientId::parse);
    }

    private static boolean isId(@Nullable String text, Function<@Nullable String, ?> parse) {
      try {
        var _ = parse.apply(text);
        return true;
      } catch (IllegalArgumentException _) {
        return false;
      }
    }

    private ApprovalTier tier() {
      return new ApprovalTier(
          Objects.requireNonNull(kind),
          Optional.ofNullable(approvers).orElse(List.of()).stream()
              .map(Objects::requireNonNull)
              .toList(),
          Optional.ofNullable(quorum).orElse(1),
          Optional.ofNullable(timeoutSeconds).orElse(QUARTER_OF_AN_HOUR),
          Optional.ofNullable(onTimeout).orElse(OnTimeout.DENY),
          veto == null || veto,
          isTrue(excludeOwner));
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
    return new ApprovalWorkflow(name, all.stream().map(Tier::tier).toList(), calls, seconds);
  }
}
