package io.redoubt.controlplane.decision;

import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.store.Calendar;
import io.redoubt.protocol.id.AgentId;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which recorded actions are looked at: the newest of a stretch of time.
 *
 * @param since inclusive
 * @param until exclusive
 * @param limit at most so many
 */
record Window(Instant since, Instant until, int limit, Optional<AgentId> agent) {
  private static final Duration USUAL = Duration.ofDays(1);
  private static final Duration LONGEST = Duration.ofDays(31);
  private static final int USUAL_LIMIT = 1_000;
  private static final int MOST = 5_000;

  /** Checked, or 422. What is left out is the newest thousand of the last day. */
  static Window checked(
      @Nullable Instant since,
      @Nullable Instant until,
      @Nullable Integer limit,
      @Nullable AgentId agent,
      Instant now) {
    Instant to = until == null ? now : until;
    Instant from = since == null ? to.minus(USUAL) : since;
    int atMost = limit == null ? USUAL_LIMIT : limit;
    new Checks()
        .require(Calendar.has(from), "/since", "is a time of the years " + Calendar.YEARS)
        .require(Calendar.has(to), "/until", "is a time of the years " + Calendar.YEARS)
        .require(from.isBefore(to), "/since", "is before until")
        .require(
            !from.isBefore(to.minus(LONGEST)),
            "/since",
            "is at most " + LONGEST.toDays() + " days before until")
        .require(atMost >= 1 && atMost <= MOST, "/limit", "is 1 to " + MOST)
        .done();
    return new Window(from, to, atMost, Optional.ofNullable(agent));
  }
}
