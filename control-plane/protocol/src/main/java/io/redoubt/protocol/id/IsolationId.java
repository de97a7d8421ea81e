package io.redoubt.protocol.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Identifies one isolation of an agent, so that a release can name what it lifts (G3). */
public record IsolationId(UUID uuid) {
  private static final String PREFIX = "iso_";

  public static IsolationId next(InstantSource clock) {
    return new IsolationId(Uuids.next(clock));
  }

  /**
   * Of the isolation that a request asks for, however often it comes that day: on the next one the
   * same key stops the agent anew, since stopping it once too often is the lesser evil.
   *
   * @param key that says it is a repeat
   */
  public static IsolationId ofRequest(String client, AgentId agent, String key, Instant at) {
    return new IsolationId(
        Uuids.named(at.truncatedTo(ChronoUnit.DAYS), client + "/" + agent + "/" + key));
  }

  /**
   * Of the one isolation that stands in the place of a command which nobody can read, however often
   * it is made.
   *
   * @param number in the enclave's log
   */
  public static IsolationId ofUnread(EnclaveId enclave, long number, Instant at) {
    return new IsolationId(Uuids.named(at, enclave + "/" + number + "/unread"));
  }

  /**
   * Reads the written form.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static IsolationId parse(@Nullable String text) {
    return new IsolationId(Uuids.parse(PREFIX, text));
  }

  @JsonValue
  @Override
  public String toString() {
    return Uuids.format(PREFIX, uuid);
  }
}
