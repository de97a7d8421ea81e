package io.redoubt.session;

import io.redoubt.action.Act;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** What agents did, as the audit log has it: an agent that is recovered reads its session there. */
public interface History {
  /**
   * The agent's last acts, oldest first: of those that were permitted and of those that were
   * refused so many each, so that neither hides the other.
   *
   * @return fails where the log cannot be read
   */
  CompletionStage<List<Act>> last(OrganizationId organization, AgentId agent, int atMost);
}
