package io.redoubt.controlplane.operator;

/** The body of a request that says all it has to say in its path: {@code {}}, or none. */
public record Nothing() {}
