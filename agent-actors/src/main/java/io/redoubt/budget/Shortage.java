package io.redoubt.budget;

import java.time.Instant;

/**
 * Why something cannot be paid for. Amounts are tokens or millionths of a US dollar.
 *
 * @param allowed by the limit
 * @param spent in its period
 * @param reserved for what is under way
 * @param wanted by the action at most
 * @param resets when the period is over
 */
public record Shortage(
    Limit limit, long allowed, long spent, long reserved, long wanted, Instant resets) {

  /** A sentence that a person can act on. */
  public String explained() {
    return "The agent's budget of %s a %s leaves no room: %s spent, %s kept for calls under way, and"
            .formatted(limit.say(allowed), limit.period(), limit.say(spent), limit.say(reserved))
        + " this one may take up to %s; the next %s begins at %s (UTC)"
            .formatted(limit.say(wanted), limit.period(), resets);
  }
}
