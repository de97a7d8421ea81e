package io.redoubt.budget;

import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What agents reserved and were charged, as the audit log has it. */
public interface Ledger {
  /**
   * A reservation that became an intent.
   *
   * @param charged null: it has no outcome yet
   */
  record Entry(ActionId action, Reserved reserved, @Nullable Spend charged) {}

  /**
   * The agent's reservations above that number, and those of these actions; what never became an
   * intent is not among them.
   *
   * @return fails where the log cannot be read
   */
  CompletionStage<List<Entry>> read(
      OrganizationId organization, AgentId agent, long above, Collection<ActionId> actions);
}
