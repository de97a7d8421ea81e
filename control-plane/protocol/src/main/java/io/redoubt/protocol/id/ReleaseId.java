package io.redoubt.protocol.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Identifies a request to release an agent that names no isolation and may be repeated. */
public record ReleaseId(UUID uuid) {
  private static final String PREFIX = "rel_";

  /**
   * Of a request, however often it comes that day.
   *
   * @param key that says it is a repeat
   */
  public static ReleaseId ofRequest(String client, AgentId agent, String key, Instant at) {
    return new ReleaseId(
        Uuids.named(
            at.truncatedTo(ChronoUnit.DAYS), "release/" + client + "/" + agent + "/" + key));
  }

  /**
   * Reads the written form.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static ReleaseId parse(@Nullable String text) {
    return new ReleaseId(Uuids.parse(PREFIX, text));
  }

  @JsonValue
  @Override
  public String toString() {
    return Uuids.format(PREFIX, uuid);
  }
}
