package io.redoubt.session;

import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Where it is said that an agent has left its usual operations. */
@FunctionalInterface
public interface DriftReports {
  /**
   * Says it.
   *
   * @param owner of the agent; null: it has none
   * @return fails where it could not be recorded
   */
  CompletionStage<Void> report(
      OrganizationId organization, AgentId agent, @Nullable String owner, Drift drift);
}
