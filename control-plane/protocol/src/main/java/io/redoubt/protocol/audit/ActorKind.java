package io.redoubt.protocol.audit;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;

/** Who acted. */
public enum ActorKind {
  AGENT,
  OPERATOR,
  SYSTEM;

  @JsonValue
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static ActorKind of(String wire) {
    return Arrays.stream(values())
        .filter(value -> value.wire().equals(wire))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("unknown: " + wire));
  }
}
