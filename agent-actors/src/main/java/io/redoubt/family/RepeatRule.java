package io.redoubt.family;

import java.time.Duration;
import java.time.Instant;

/**
 * When the same committed request counts as the repeat of a lost answer, and no longer as a replay
 * (G2). A contract with clients, so no setting.
 */
public final class RepeatRule {
  /** How long after the first request. */
  public static final Duration WINDOW = Duration.ofSeconds(60);

  /** How often at most. */
  public static final int LIMIT = 3;

  private RepeatRule() {}

  /**
   * Whether one more repeat is allowed.
   *
   * @param first when the request was carried out
   * @param repeats how often it was repeated since
   */
  public static boolean allows(Instant first, int repeats, Instant now) {
    // Absolute: a node whose clock is a little behind is no reason to kill an honest agent.
    return repeats < LIMIT && Duration.between(first, now).abs().compareTo(WINDOW) <= 0;
  }
}
