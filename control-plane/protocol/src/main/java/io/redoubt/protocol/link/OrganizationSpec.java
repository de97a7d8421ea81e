package io.redoubt.protocol.link;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/**
 * What an enclave needs to know of an organization it serves.
 *
 * @param payloads what is kept of requests and replies, inside the enclave
 * @param payloadRetentionDays after which they are deleted, 1 to 3650
 */
public record OrganizationSpec(
    String name, Payloads payloads, int payloadRetentionDays, long version) {

  /** What is kept of requests and replies. */
  public enum Payloads {
    /** In full, sealed under the organization's key. */
    FULL,
    /** Nothing but the audit record. */
    METADATA;

    @JsonValue
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Payloads of(String wire) {
      return switch (wire) {
        case "full" -> FULL;
        case "metadata" -> METADATA;
        default -> throw new IllegalArgumentException("payloads is full or metadata");
      };
    }
  }
}
