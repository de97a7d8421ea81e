package io.redoubt.protocol.approval;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;

/** Where a request for approval stands. */
public enum ApprovalStatus {
  PENDING,
  /** Granted, and good for the call as often as it says. */
  APPROVED,
  DENIED,
  /** Nobody decided in time, or the grant was not used in time. */
  EXPIRED,
  /** Granted, and used up. */
  CONSUMED,
  /** The agent was stopped. */
  CANCELLED,
  /** Somebody has changed the call: it is asked about as another, and this one never passes. */
  EDITED;

  /** Whether something may still come of it. */
  public boolean isOpen() {
    return this == PENDING || this == APPROVED;
  }

  @JsonValue
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads the written form.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static ApprovalStatus of(String wire) {
    return Arrays.stream(values())
        .filter(value -> value.wire().equals(wire))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("unknown: " + wire));
  }
}
