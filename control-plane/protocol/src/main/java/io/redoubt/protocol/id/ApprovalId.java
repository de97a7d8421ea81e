package io.redoubt.protocol.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.InstantSource;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Identifies a request for approval. */
public record ApprovalId(UUID uuid) {
  private static final String PREFIX = "apr_";

  public static ApprovalId next(InstantSource clock) {
    return new ApprovalId(Uuids.next(clock));
  }

  /**
   * Reads the written form.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static ApprovalId parse(@Nullable String text) {
    return new ApprovalId(Uuids.parse(PREFIX, text));
  }

  @JsonValue
  @Override
  public String toString() {
    return Uuids.format(PREFIX, uuid);
  }
}
