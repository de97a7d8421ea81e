package io.redoubt.agent;

import io.redoubt.policy.Decision;
import io.redoubt.session.Risk;

/**
 * What policies said to an action, and which ones.
 *
 * @param bundleVersion of the organization's policies
 * @param risk as it stood when they were asked
 */
public record Judgement(long bundleVersion, Decision decision, Risk risk) {}
