package io.redoubt.policy;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Ranges of the risk score, for people. */
public enum RiskLevel {
  LOW(Long.MIN_VALUE, 25),
  MEDIUM(25, 50),
  HIGH(50, 75),
  CRITICAL(75, Long.MAX_VALUE);

  private final long from;
  private final long below;

  RiskLevel(long from, long below) {
    this.from = from;
    this.below = below;
  }

  /** The level that a score falls in. */
  public static RiskLevel of(long score) {
    var level = LOW;
    for (var each : values()) {
      if (score >= each.from) {
        level = each;
      }
    }
    return level;
  }

  /** Whether a score is in this level, in Cedar. */
  String cedar() {
    return switch (this) {
      case LOW -> "context.risk < " + below;
      case MEDIUM, HIGH -> "(context.risk >= " + from + " && context.risk < " + below + ")";
      case CRITICAL -> "context.risk >= " + from;
    };
  }

  @JsonValue
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static RiskLevel of(String wire) {
    for (var each : values()) {
      if (each.wire().equals(wire)) {
        return each;
      }
    }
    throw new IllegalArgumentException("a risk level is low, medium, high or critical");
  }
}
