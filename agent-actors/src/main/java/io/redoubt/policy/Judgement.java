package io.redoubt.policy;

/**
 * What policies said to an action, and which ones.
 *
 * @param bundleVersion of the organization's policies
 */
public record Judgement(long bundleVersion, Decision decision) {}
