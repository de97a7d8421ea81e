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
    Whose whose,
    Limit limit,
    long allowed,
    long spent,
    long reserved,
    long wanted,
    Instant resets) {

  /** Whose budget it is. */
  public enum Whose {
    AGENT,
    /**
     * What is spent is in the hands of its other agents, or was on earlier days; what is reserved,
     * this agent has used today.
     */
    ORGANIZATION
  }

  static Shortage ofAgent(
      Limit limit, long allowed, long spent, long reserved, long wanted, Instant resets) {
    return new Shortage(Whose.AGENT, limit, allowed, spent, reserved, wanted, resets);
  }

  static Shortage ofOrganization(
      Limit limit, long allowed, long spent, long reserved, long wanted, Instant resets) {
    return new Shortage(Whose.ORGANIZATION, limit, allowed, spent, reserved, wanted, resets);
  }

  /** What the agent is told: of its organization's affairs no more than it needs. */
  public String told() {
    return switch (whose) {
      case AGENT -> explained();
      case ORGANIZATION ->
          "The organization's budget of the %s leaves no room for this call, which may take up to %s"
                  .formatted(limit.period(), limit.say(wanted))
              + "; the next %s begins at %s (UTC)".formatted(limit.period(), resets);
    };
  }

  /** A sentence that a person can act on. */
  public String explained() {
    return switch (whose) {
      case AGENT -> ofItsOwn();
      case ORGANIZATION ->
          "The organization's budget of %s a %s leaves no room: %s in other hands or of earlier"
                  .formatted(limit.say(allowed), limit.period(), limit.say(spent))
              + " days, %s used by this agent today, and the call may take up to %s; the next %s"
                  .formatted(limit.say(reserved), limit.say(wanted), limit.period())
              + " begins at %s (UTC)".formatted(resets);
    };
  }

  private String ofItsOwn() {
    return "The agent's budget of %s a %s leaves no room: %s spent, %s kept for calls under way, and"
            .formatted(limit.say(allowed), limit.period(), limit.say(spent), limit.say(reserved))
        + " this one may take up to %s; the next %s begins at %s (UTC)"
            .formatted(limit.say(wanted), limit.period(), resets);
  }
}
