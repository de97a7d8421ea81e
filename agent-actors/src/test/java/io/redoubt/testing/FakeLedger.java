package io.redoubt.testing;

import io.redoubt.budget.Ledger;
import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** A log of one agent's reservations that a test writes; it can be out of reach. */
public final class FakeLedger implements Ledger {
  public final Outage outage = new Outage();
  private final Map<ActionId, Entry> entries = new LinkedHashMap<>();

  /** The intent is in the log. */
  public synchronized void intend(ActionId action, Reserved reserved) {
    entries.put(action, new Entry(action, reserved, null));
  }

  /** Its outcome is in the log too. */
  public synchronized void conclude(ActionId action, Spend charged) {
    entries.computeIfPresent(action, (_, known) -> new Entry(action, known.reserved(), charged));
  }

  public synchronized void clear() {
    outage.end();
    entries.clear();
  }

  @Override
  public CompletionStage<List<Entry>> read(
      OrganizationId organization, AgentId agent, long above, Collection<ActionId> actions) {
    return outage.attempt(() -> found(above, actions));
  }

  private synchronized List<Entry> found(long above, Collection<ActionId> actions) {
    return entries.values().stream()
        .filter(entry -> entry.reserved().number() > above || actions.contains(entry.action()))
        .toList();
  }
}
