package io.redoubt.policy;

/** Whether this agent may do this to that, as things stand. */
public record PolicyRequest(
    Subject subject, PolicyAction action, PolicyResource resource, Facts facts) {}
