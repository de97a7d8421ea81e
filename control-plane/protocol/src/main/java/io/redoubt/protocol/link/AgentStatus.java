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

  /** Whether it may do nothing at all until somebody lets it. */
  public boolean isStopped() {
    return switch (this) {
      case ISOLATED, REVOKED, DECOMMISSIONED, SUSPENDED, ORPHANED -> true;
      case PENDING, PROVISIONING, BOOTSTRAPPING, ACTIVE -> false;
    };
  }

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static AgentStatus of(String wire) {
    return Arrays.stream(values())
        .filter(value -> value.wire().equals(wire))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("unknown: " + wire));
  }
}
