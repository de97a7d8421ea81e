package io.redoubt.enclave.kill;

import io.redoubt.enclave.lease.Ledger;
import io.redoubt.enclave.lease.Voters;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * From when on it is certain that a node which says nothing has stopped an agent (G3). Once a
 * majority knows of the stop, nobody can be granted a lease any more without hearing of it; so it
 * is certain when every lease has run out that one of them granted before. All times are of one
 * monotonic clock, in nanoseconds.
 */
final class StopProof {
  private final long certain;
  private final Set<Long> silent;
  private final Set<Long> answered = new HashSet<>();

  /** When each silent node was last granted a lease without the stop, by those who answered. */
  private final Map<Long, Long> granted = new HashMap<>();

  private Voters voters;
  private long notBefore;
  private boolean known;

  /**
   * @param asked who must answer, or be silent for long enough
   * @param voters of whom a majority must know
   * @param changedAt when the members of the cluster last changed
   * @param certain after so long a lease has run out
   */
  StopProof(Set<Long> asked, Voters voters, long changedAt, Duration certain) {
    this.silent = new HashSet<>(asked);
    this.voters = voters;
    this.certain = certain.toNanos();
    this.notBefore = changedAt + this.certain;
    asked.forEach(node -> granted.put(node, changedAt));
  }

  /** A node has stopped the agent. */
  void answered(long node, Ledger.Granted grants, long now) {
    silent.remove(node);
    answered.add(node);
    if (known) {
      return; // A majority is enough; and who answers late may have granted again meanwhile.
    }
    for (long other : silent) {
      long ago = grants.agoMillis().getOrDefault(other, grants.othersAgoMillis());
      granted.merge(other, now - Duration.ofMillis(ago).toNanos(), (a, b) -> a - b > 0 ? a : b);
    }
    known = voters.suffice(answered);
  }

  /** The members have changed meanwhile: what was granted before counts for a while longer. */
  void membersChanged(Voters current, long now) {
    if (!current.equals(voters)) {
      voters = current;
      known = voters.suffice(answered);
      notBefore = now + certain;
    }
  }

  Set<Long> silent() {
    return Set.copyOf(silent);
  }

  /** From when on it is certain for all who are silent; empty while too few know of the stop. */
  OptionalLong certainAt() {
    if (!known) {
      return OptionalLong.empty();
    }
    long latest = notBefore;
    for (var last : granted.entrySet()) {
      long over = last.getValue() + certain;
      if (silent.contains(last.getKey()) && over - latest > 0) {
        latest = over;
      }
    }
    return OptionalLong.of(latest);
  }
}
