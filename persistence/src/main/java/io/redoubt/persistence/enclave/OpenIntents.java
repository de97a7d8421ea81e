package io.redoubt.persistence.enclave;

import io.redoubt.protocol.audit.AuditOutcome;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * This node's intents that have no durable outcome yet. From them follows the floor: the
 * transaction below which every intent of this node is settled, so that after a crash only what
 * lies above is searched (G4).
 */
final class OpenIntents {
  /** What is known of an open intent. */
  private record Open(
      UUID organization,
      long enteredAt,
      boolean doubtful,
      long doubtfulSince,
      @Nullable AuditOutcome outcome) {}

  /** An intent by its key. */
  record Key(UUID organization, UUID id) {}

  private final int limit;
  private final Map<UUID, Open> open = new ConcurrentHashMap<>();

  /** No transaction that begins from now on is below this one. */
  private volatile long horizon;

  OpenIntents(int limit, long horizon) {
    this.limit = limit;
    this.horizon = horizon;
  }

  /** Notes an intent before it is written; false where there are too many. */
  boolean enter(AuditLine intent) {
    if (open.size() >= limit) {
      return false;
    }
    open.put(intent.id(), new Open(intent.organization(), horizon, false, 0, null));
    return true;
  }

  /** It has its outcome, or was not written. */
  void settle(UUID id) {
    open.remove(id);
  }

  /** Nobody acts on it, but it may have been written: its answer was lost. */
  void doubt(AuditLine intent, long nowNanos) {
    var _ =
        open.compute(
            intent.id(),
            (_, known) ->
                new Open(
                    intent.organization(),
                    known == null ? horizon : known.enteredAt(),
                    true,
                    nowNanos,
                    null));
  }

  /** Its outcome could not be written and is kept here until it can. */
  void owe(AuditOutcome outcome) {
    var _ =
        open.computeIfPresent(
            outcome.id().uuid(),
            (_, known) -> new Open(known.organization(), known.enteredAt(), false, 0, outcome));
  }

  /** Outcomes that are known and could not be written. */
  List<AuditOutcome> owed() {
    return open.values().stream()
        .<AuditOutcome>mapMulti((known, found) -> {
          if (known.outcome() != null) {
            found.accept(known.outcome());
          }
        })
        .toList();
  }

  /** Intents in doubt since before that instant of {@link System#nanoTime}. */
  Collection<Key> doubtfulBefore(long nanos) {
    return open.entrySet().stream()
        .filter(e -> e.getValue().doubtful() && e.getValue().doubtfulSince() - nanos < 0)
        .map(e -> new Key(e.getValue().organization(), e.getKey()))
        .toList();
  }

  /**
   * The floor, once the database's oldest running transaction is known to be {@code oldest}.
   *
   * <p>An intent's transaction begins after it was noted here, so it is not below the horizon of
   * that moment, and so not below the smallest horizon of those still open.
   */
  long advance(long oldest) {
    long floor = oldest;
    for (var known : open.values()) {
      floor = Math.min(floor, known.enteredAt());
    }
    horizon = oldest;
    return floor;
  }

  int size() {
    return open.size();
  }
}
