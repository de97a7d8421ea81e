package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;

/** How much of a call's arguments a channel shows. */
enum ArgumentsShown {
  /** With what inspection finds replaced. */
  REDACTED,
  NONE;

  @JsonValue
  String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static ArgumentsShown of(String wire) {
    return Arrays.stream(values())
        .filter(value -> value.wire().equals(wire))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("is redacted or none"));
  }
}
