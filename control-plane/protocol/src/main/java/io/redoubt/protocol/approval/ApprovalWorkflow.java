package io.redoubt.protocol.approval;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;

/**
 * Who is asked when a policy wants an approval, one tier after the other.
 *
 * @param uses how often the call passes once it is approved
 * @param windowSeconds and for how long
 */
@JsonPropertyOrder({"name", "tiers", "uses", "window_seconds"})
public record ApprovalWorkflow(String name, List<ApprovalTier> tiers, int uses, int windowSeconds) {
  /** Of policies that name no other, and where nobody has defined the one that they name. */
  public static final String DEFAULT = "default";

  public static final int MAX_TIERS = 10;
  public static final int MAX_USES = 100;
  public static final int MAX_WINDOW_SECONDS = 24 * 3600;
  private static final int MAX_NAME = 100;
  private static final int QUARTER_OF_AN_HOUR = 900;

  public ApprovalWorkflow {
    tiers = List.copyOf(tiers);
    check(!name.isBlank() && name.length() <= MAX_NAME, "not the name of a workflow");
    check(
        !tiers.isEmpty() && tiers.size() <= MAX_TIERS,
        "a workflow has 1 to " + MAX_TIERS + " tiers");
    check(
        tiers.getLast().onTimeout() == ApprovalTier.OnTimeout.DENY,
        "after the last tier there is no next one");
    check(
        asksPeopleAfterModels(tiers),
        "a model that may approve is asked before people, and people after it");
    check(uses >= 1 && uses <= MAX_USES, "a grant is good for 1 to " + MAX_USES + " calls");
    check(
        windowSeconds >= 1 && windowSeconds <= MAX_WINDOW_SECONDS,
        "a grant is good for 1 second to 24 hours");
  }

  /**
   * Whether a model only ever comes before people, where it may grant: that nobody answered, or
   * that nobody was to be asked, must not make it the one who decides. One that can only deny may
   * be anywhere.
   */
  public static boolean asksPeopleAfterModels(List<ApprovalTier> tiers) {
    boolean people = false;
    boolean granting = false;
    for (var tier : tiers) {
      if (tier.letsModelApprove()) {
        if (people) {
          return false;
        }
        granting = true;
      }
      people |= tier.kind() == ApprovalTier.Kind.HUMAN;
    }
    return people || !granting;
  }

  /** Whoever may decide approvals, for a quarter of an hour; then it is denied. */
  public static ApprovalWorkflow usual(String name) {
    var anybody =
        new ApprovalTier(
            ApprovalTier.Kind.HUMAN,
            List.of(),
            1,
            QUARTER_OF_AN_HOUR,
            ApprovalTier.OnTimeout.DENY,
            true,
            false);
    return new ApprovalWorkflow(name, List.of(anybody), 1, QUARTER_OF_AN_HOUR);
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
