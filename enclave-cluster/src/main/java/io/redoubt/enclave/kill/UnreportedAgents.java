package io.redoubt.enclave.kill;

import io.redoubt.agent.AgentKey;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Agents that were isolated, released or revoked at this enclave and not yet reported to the
 * control plane: durable, since the control plane may be away for hours and learns of it from
 * nobody else (G3).
 */
public interface UnreportedAgents {
  /**
   * One of them.
   *
   * @param notedAt identifies the note; a later one means there is news since
   */
  record Noted(AgentKey agent, Instant notedAt) {}

  CompletionStage<Void> note(AgentKey agent);

  /** The oldest notes. */
  CompletionStage<List<Noted>> oldest(int atMost);

  /** The control plane knows; a note that was renewed meanwhile stays. */
  CompletionStage<Void> reported(Noted noted);
}
