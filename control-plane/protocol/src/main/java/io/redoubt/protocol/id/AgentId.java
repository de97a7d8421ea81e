package io.redoubt.protocol.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.InstantSource;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Identifies an agent. */
public record AgentId(UUID uuid) {
  private static final String PREFIX = "agt_";

  public static AgentId next(InstantSource clock) {
    return new AgentId(Uuids.next(clock));
  }

  /**
   * Reads the written form.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static AgentId parse(@Nullable String text) {
    return new AgentId(Uuids.parse(PREFIX, text));
  }

  @JsonValue
  @Override
  public String toString() {
    return Uuids.format(PREFIX, uuid);
  }
}
