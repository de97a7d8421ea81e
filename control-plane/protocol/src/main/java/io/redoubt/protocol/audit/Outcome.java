package io.redoubt.protocol.audit;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a permitted action ended.
 *
 * @param usage null where nothing was metered
 * @param error a short stable code such as {@code upstream-timeout}; null where there was none
 * @param charged what the agent's budget was charged; null where nothing was reserved, and where
 *     nobody was left to say
 */
public record Outcome(
    Status status,
    long durationMs,
    @Nullable Usage usage,
    @Nullable String error,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Spend charged) {

  /** Of something that nothing was reserved for. */
  public Outcome(Status status, long durationMs, @Nullable Usage usage, @Nullable String error) {
    this(status, durationMs, usage, error, null);
  }

  /** The same, and that much is charged for it. */
  public Outcome charging(Spend amount) {
    return new Outcome(status, durationMs, usage, error, amount);
  }

  /** How it ended. */
  public enum Status {
    SUCCEEDED,
    /** The upstream refused or failed. */
    FAILED,
    /** Refused before anything was done. */
    REFUSED,
    /** The caller went away first. */
    CANCELLED,
    /** Cut by an isolation, a release of the node's lease, or a shutdown. */
    CUT,
    /** The node died between intent and outcome; what the upstream saw is not known (G4). */
    UNKNOWN;

    @JsonValue
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Status of(String wire) {
      return Arrays.stream(values())
          .filter(value -> value.wire().equals(wire))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("unknown: " + wire));
    }
  }
}
