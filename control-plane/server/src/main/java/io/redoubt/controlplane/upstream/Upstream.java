package io.redoubt.controlplane.upstream;

/** What enclaves call on behalf of agents, as operators see it: everything but its secret. */
public interface Upstream {
  /** Unique in the organization, among those of its kind. */
  String name();

  /** Counts its changes; a deletion is one. */
  long version();
}
