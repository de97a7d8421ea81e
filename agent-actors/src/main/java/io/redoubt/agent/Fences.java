package io.redoubt.agent;

import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;

/**
 * The agent's fence: a number in the database that isolate, release, revoke and decommission raise.
 * An intent is written only while the fence still stands where the decision saw it, so a node with
 * an old view of the agent permits nothing (decision 3).
 */
public interface Fences {
  /**
   * Raises the fence to at least {@code fence}, creating it where there is none. Completes when
   * that is durable and every intent under a lower fence is either committed or can no longer be.
   */
  CompletionStage<Void> raise(AgentKey agent, long fence);

  /** Where it stands. Empty: there is none, or not here. */
  CompletionStage<OptionalLong> standing(AgentKey agent);
}
