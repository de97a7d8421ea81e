package io.redoubt.protocol.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.InstantSource;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Identifies a governed action; its audit record shares the 128 bits. */
public record ActionId(UUID uuid) {
  private static final String PREFIX = "act_";

  public static ActionId next(InstantSource clock) {
    return new ActionId(Uuids.next(clock));
  }

  /**
   * Reads the written form.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static ActionId parse(@Nullable String text) {
    return new ActionId(Uuids.parse(PREFIX, text));
  }

  /** The audit record of this action. */
  public AuditId auditId() {
    return new AuditId(uuid);
  }

  @JsonValue
  @Override
  public String toString() {
    return Uuids.format(PREFIX, uuid);
  }
}
