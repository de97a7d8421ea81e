package io.redoubt.protocol.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.InstantSource;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Identifies a person who is a member of an organization. */
public record MemberId(UUID uuid) {
  private static final String PREFIX = "mbr_";

  public static MemberId next(InstantSource clock) {
    return new MemberId(Uuids.next(clock));
  }

  /**
   * Reads the written form.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static MemberId parse(@Nullable String text) {
    return new MemberId(Uuids.parse(PREFIX, text));
  }

  @JsonValue
  @Override
  public String toString() {
    return Uuids.format(PREFIX, uuid);
  }
}
