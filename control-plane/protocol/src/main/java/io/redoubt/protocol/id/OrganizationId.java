package io.redoubt.protocol.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.InstantSource;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Identifies an organization, the tenant. */
public record OrganizationId(UUID uuid) {
  private static final String PREFIX = "org_";

  public static OrganizationId next(InstantSource clock) {
    return new OrganizationId(Uuids.next(clock));
  }

  /**
   * Reads the written form.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static OrganizationId parse(@Nullable String text) {
    return new OrganizationId(Uuids.parse(PREFIX, text));
  }

  @JsonValue
  @Override
  public String toString() {
    return Uuids.format(PREFIX, uuid);
  }
}
