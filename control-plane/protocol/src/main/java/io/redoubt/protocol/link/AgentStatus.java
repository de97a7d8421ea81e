package io.redoubt.protocol.link;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;

/** Where an agent is in its life. */
public enum AgentStatus {
  /** Known, never bootstrapped. */
  PENDING,
  PROVISIONING,
  BOOTSTRAPPING,
  ACTIVE,
  ISOLATED,
  ORPHANED,
  SUSPENDED,
  REVOKED,
  DECOMMISSIONED;

  @JsonValue
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static AgentStatus of(String wire) {
    return Arrays.stream(values())
        .filter(value -> value.wire().equals(wire))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("unknown: " + wire));
  }
}
