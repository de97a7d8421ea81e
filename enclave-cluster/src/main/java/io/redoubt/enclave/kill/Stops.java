package io.redoubt.enclave.kill;

import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.lease.Ledger;
import io.redoubt.enclave.lease.News;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.ToIntFunction;

/**
 * Carries stops out on this node, whether it is told of them or hears of them with its lease; and
 * notes them, so that others hear of them with theirs.
 */
public final class Stops {
  /** How long others hear of a stop: much longer than a node can go on without hearing of it. */
  private static final Duration KEPT = Duration.ofMinutes(1);

  private static final int COUNTS_KEPT = 1000;

  private final ToIntFunction<AgentKey> cut;
  private final Ledger ledger;

  /** What was cut when this node heard of a stop before it was told. */
  private final Map<UUID, Integer> counts =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, Integer> eldest) {
          return size() > COUNTS_KEPT;
        }
      };

  /**
   * Stops.
   *
   * @param cut cuts all that an agent has under way on this node and answers how much that was
   */
  public Stops(ToIntFunction<AgentKey> cut, Ledger ledger) {
    this.cut = cut;
    this.ledger = ledger;
  }

  /** Told by who wants to know: answers how much was cut for this stop in all. */
  synchronized int told(News.Stopped stop) {
    int now = cut.applyAsInt(stop.agent());
    // In this order: what is noted is done, and every lease granted after the note carries it.
    ledger.note(stop, KEPT);
    Integer before = counts.remove(stop.stop());
    return before == null ? now : before + now;
  }

  /** Heard from another node. A stop that is carried out already is not carried out again. */
  public synchronized void heard(News.Stopped stop) {
    if (ledger.note(stop, KEPT)) {
      int now = cut.applyAsInt(stop.agent());
      if (now > 0) {
        counts.put(stop.stop(), now);
      }
    }
  }
}
