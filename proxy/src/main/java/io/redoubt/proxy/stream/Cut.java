package io.redoubt.proxy.stream;

/** Why something under way was cut. */
public enum Cut {
  /** The agent was stopped, or the family or the access token that it ran on. */
  STOPPED,
  /** The node has not heard from a majority for too long. */
  LEASE_LOST,
  /** The node ends. */
  NODE_ENDS
}
