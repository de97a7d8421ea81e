package io.redoubt.approval;

import com.typesafe.config.Config;
import io.redoubt.entity.EntityConfig;
import java.time.Duration;

/**
 * Limits of approvals; section {@value #PATH}.
 *
 * @param pendingPerAgent requests of one agent that may wait for a decision
 * @param pendingPerOrganization and of one organization
 * @param waitersPerRequest callers that may wait for one decision; the next is told that it is
 *     pending
 * @param waitersPerAgent callers of one agent that may wait at one node, for any of its requests
 * @param waitersPerNode callers of one node that may wait for any
 * @param writeLimit for one attempt to put steps on record
 * @param writePause before the next attempt
 * @param wakeEvery how often it is looked whose time has come, or comes before the next look
 * @param wakeAhead how long before its time a request is woken
 * @param keptFor how long what is over can be looked at
 */
public record ApprovalConfig(
    EntityConfig entity,
    int pendingPerAgent,
    int pendingPerOrganization,
    int waitersPerRequest,
    int waitersPerAgent,
    int waitersPerNode,
    Duration writeLimit,
    Duration writePause,
    Duration wakeEvery,
    Duration wakeAhead,
    Duration keptFor) {
  static final String PATH = "redoubt.approval";

  public ApprovalConfig {
    require(pendingPerAgent >= 1, "pending-per-agent");
    require(pendingPerOrganization >= 1, "pending-per-organization");
    require(waitersPerRequest >= 0, "waiters-per-request");
    require(waitersPerAgent >= 0, "waiters-per-agent");
    require(waitersPerNode >= 0, "waiters-per-node");
    require(writeLimit.isPositive(), "write-limit");
    require(writePause.isPositive(), "write-pause");
    require(wakeEvery.isPositive(), "wake-every");
    require(wakeAhead.compareTo(wakeEvery) >= 0, "wake-ahead");
    // Who is woken before its time must not have fallen asleep when it comes.
    require(entity.idleAfter().compareTo(wakeEvery.multipliedBy(2)) > 0, "entity.idle-after");
    require(keptFor.isPositive(), "kept-for");
  }

  public static ApprovalConfig from(Config root) {
    var section = root.getConfig(PATH);
    return new ApprovalConfig(
        EntityConfig.from(root, PATH + ".entity"),
        section.getInt("pending-per-agent"),
        section.getInt("pending-per-organization"),
        section.getInt("waiters-per-request"),
        section.getInt("waiters-per-agent"),
        section.getInt("waiters-per-node"),
        section.getDuration("write-limit"),
        section.getDuration("write-pause"),
        section.getDuration("wake-every"),
        section.getDuration("wake-ahead"),
        section.getDuration("kept-for"));
  }

  private static void require(boolean holds, String key) {
    if (!holds) {
      throw new IllegalArgumentException(PATH + "." + key + " is too small");
    }
  }
}
