package io.redoubt.agent;

import io.redoubt.policy.Decision;
import io.redoubt.session.Risk;
import org.jspecify.annotations.Nullable;

/**
 * What policies said to an action, and which ones.
 *
 * @param bundleVersion of the organization's policies
 * @param risk as it stood when they were asked
 * @param asking what they want approved first, or wanted where it passes by a grant; null: nothing,
 *     or a node of an older release was asked
 */
public record Judgement(long bundleVersion, Decision decision, Risk risk, @Nullable Asking asking) {

  /** Of policies that ask nobody. */
  public Judgement(long bundleVersion, Decision decision, Risk risk) {
    this(bundleVersion, decision, risk, null);
  }
}
