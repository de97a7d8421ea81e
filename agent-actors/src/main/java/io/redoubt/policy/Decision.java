package io.redoubt.policy;

import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentPolicy.Layer;
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
 * @param content what is done about findings, beyond letting them pass
 */
public record Decision(
    Verdict verdict,
    List<String> policyIds,
    List<String> workflows,
    List<Alert> alerts,
    @Nullable Shadow shadow,
    List<String> errors,
    List<Handling> content) {

  /** One in which no content policy has a say. */
  public Decision(
      Verdict verdict,
      List<String> policyIds,
      List<String> workflows,
      List<Alert> alerts,
      @Nullable Shadow shadow,
      List<String> errors) {
    this(verdict, policyIds, workflows, alerts, shadow, errors, List.of());
  }

  @SuppressWarnings("ConstantValue") // a node of an older release says nothing of content
  public Decision {
    policyIds = List.copyOf(policyIds);
    workflows = List.copyOf(workflows);
    alerts = List.copyOf(alerts);
    errors = List.copyOf(errors);
    content = content == null ? List.of() : List.copyOf(content);
  }

  /**
   * What is done about one kind of finding.
   *
   * @param finding such as {@code pii:email}
   * @param by the layer that says so
   */
  public record Handling(String finding, ContentAction action, Layer by) {}

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
