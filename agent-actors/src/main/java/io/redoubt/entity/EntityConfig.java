package io.redoubt.entity;

import com.typesafe.config.Config;
import java.time.Duration;
import org.apache.pekko.actor.typed.BackoffSupervisorStrategy;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;

/**
 * Limits of one type of sharded, persistent actor.
 *
 * @param askTimeout how long a caller waits for an answer
 * @param activeEntities how many of them one node keeps in memory; beyond that the least recently
 *     used one leaves and is read back when it is needed
 * @param idleAfter one that heard nothing for so long leaves, too
 * @param restartBackoffMin first pause after the journal failed
 * @param restartBackoffMax longest pause between two attempts
 * @param snapshotEvery events between two snapshots
 * @param snapshotsKept snapshots that are kept; no entity deletes an event
 */
public record EntityConfig(
    Duration askTimeout,
    int activeEntities,
    Duration idleAfter,
    Duration restartBackoffMin,
    Duration restartBackoffMax,
    int snapshotEvery,
    int snapshotsKept) {

  private static final double RESTART_JITTER = 0.2;

  public EntityConfig {
    require(askTimeout.isPositive(), "ask-timeout must be positive");
    require(activeEntities >= 1, "active-entities must be at least 1");
    require(idleAfter.isPositive(), "idle-after must be positive");
    require(restartBackoffMin.isPositive(), "restart-backoff-min must be positive");
    require(
        restartBackoffMax.compareTo(restartBackoffMin) >= 0,
        "restart-backoff-max must not be below restart-backoff-min");
    require(snapshotEvery >= 1, "snapshot-every must be at least 1");
    require(snapshotsKept >= 1, "snapshots-kept must be at least 1");
  }

  /** Reads the section {@code path} of the whole configuration. */
  public static EntityConfig from(Config root, String path) {
    Config section = root.getConfig(path);
    try {
      return new EntityConfig(
          section.getDuration("ask-timeout"),
          section.getInt("active-entities"),
          section.getDuration("idle-after"),
          section.getDuration("restart-backoff-min"),
          section.getDuration("restart-backoff-max"),
          section.getInt("snapshot-every"),
          section.getInt("snapshots-kept"));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(path + ": " + e.getMessage(), e);
    }
  }

  /** How an entity comes back after the journal failed: later each time, never all at once. */
  public BackoffSupervisorStrategy restart() {
    return SupervisorStrategy.restartWithBackoff(
        restartBackoffMin, restartBackoffMax, RESTART_JITTER);
  }

  /** Snapshots shorten recovery; no event is ever deleted. */
  public RetentionCriteria retention() {
    return RetentionCriteria.snapshotEvery(snapshotEvery, snapshotsKept);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
