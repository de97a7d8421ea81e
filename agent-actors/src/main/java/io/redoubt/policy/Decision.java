package io.redoubt.policy;

import io.redoubt.protocol.audit.Verdict;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the policies say to a request.
 *
 * @param policyIds those that decided; empty where nothing permits
 * @param workflows whose approval is asked, all of them; empty unless the verdict is ESCALATE
 * @param alerts of the policies that decided
 * @param shadow what would have been decided if the policies in shadow were enforced; null where
 *     none of them applies to this action
 * @param errors why policies could not be evaluated; then the verdict is DENY
 */
public record Decision(
    Verdict verdict,
    List<String> policyIds,
    List<String> workflows,
    List<Alert> alerts,
    @Nullable Shadow shadow,
    List<String> errors) {

  public Decision {
    policyIds = List.copyOf(policyIds);
    workflows = List.copyOf(workflows);
    alerts = List.copyOf(alerts);
    errors = List.copyOf(errors);
  }

  /** A policy that decided wants it reported. */
  public record Alert(String policyId, String text) {}

  /** A verdict that is recorded and not enforced. */
  public record Shadow(
      Verdict verdict, List<String> policyIds, List<String> workflows, List<String> errors) {
    public Shadow {
      policyIds = List.copyOf(policyIds);
      workflows = List.copyOf(workflows);
      errors = List.copyOf(errors);
    }
  }
}
