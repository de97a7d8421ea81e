package io.redoubt.protocol.audit;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;

/** What was decided. */
public enum Verdict {
  PERMIT,
  DENY,
  ESCALATE;

  @JsonValue
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static Verdict of(String wire) {
    return Arrays.stream(values())
        .filter(value -> value.wire().equals(wire))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("unknown: " + wire));
  }
}
