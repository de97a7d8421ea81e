package io.redoubt.link;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When the control plane was last heard for certain (G8).
 *
 * @param last the last signed heartbeat; null: none yet
 * @param clockMark the latest time that this enclave's clocks are known to have shown; null: none
 *     is known
 */
public record Contact(@Nullable Heartbeat last, @Nullable Instant clockMark) {
  public static final Contact NONE = new Contact(null, null);

  /**
   * A heartbeat that was believed.
   *
   * @param time by the control plane's clock
   * @param heardAt by the clock of the node that heard it
   * @param lastCommand number of the newest command there was
   * @param bundle digest of the bundle that there was; null: none, or it was not said
   */
  public record Heartbeat(
      Instant time, Instant heardAt, long lastCommand, @Nullable String bundle) {

    /** From here on age is counted: the earlier of both, since either clock may be ahead. */
    public Instant since() {
      return time.isBefore(heardAt) ? time : heardAt;
    }
  }

  /** How long ago the control plane was heard; empty: never. Not below zero. */
  public Optional<Duration> age(Instant now) {
    return Optional.ofNullable(last)
        .map(heartbeat -> Duration.between(heartbeat.since(), now))
        .map(age -> age.isNegative() ? Duration.ZERO : age);
  }

  /** Whether the clock shows less than it did, by more than clocks differ anyway. */
  public boolean clockWentBack(Instant now, Duration tolerance) {
    return clockMark != null && now.isBefore(clockMark.minus(tolerance));
  }

  /** The same, where the clock was seen at that time as well. */
  public Contact withClockAt(Instant now) {
    return clockMark != null && now.isBefore(clockMark) ? this : new Contact(last, now);
  }
}
