package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A channel, as operators see it: everything but its secrets.
 *
 * @param settings as they were put
 * @param waiting what is still to be said there
 * @param dead what was given up, as long as it is remembered
 * @param heldUntil nothing is said there before; null: nothing keeps it back
 * @param problem why; null: it went well when it was tried last
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record Channel(
    Kind kind,
    JsonNode settings,
    long waiting,
    long dead,
    @Nullable Instant heldUntil,
    @Nullable String problem,
    long version,
    Instant createdAt,
    Instant updatedAt) {

  /** What there may be, one of each. */
  public enum Kind {
    SLACK,
    TEAMS,
    WEBHOOK,
    EMAIL;

    @JsonValue
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Kind of(String wire) {
      return Kind.valueOf(wire.toUpperCase(Locale.ROOT));
    }
  }
}
