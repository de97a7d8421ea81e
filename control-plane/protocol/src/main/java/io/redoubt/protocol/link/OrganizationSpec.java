package io.redoubt.protocol.link;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an enclave needs to know of an organization it serves.
 *
 * @param payloads what is kept of requests and replies, inside the enclave
 * @param payloadRetentionDays after which they are deleted, 1 to 3650
 * @param offlineMode what its agents may do once the control plane has been away for too long;
 *     where nobody said, nothing (G5)
 * @param failOpen whether its agents may act where no policy of its own is known (G5)
 * @param budget what all its agents may spend together
 * @param workingHours when its people are at work; null: it does not say
 */
public record OrganizationSpec(
    String name,
    Payloads payloads,
    int payloadRetentionDays,
    OfflineMode offlineMode,
    Boolean failOpen,
    @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = Budget.Unsaid.class)
        Budget budget,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable WorkingHours workingHours,
    long version) {

  /** One that fails closed and may spend what it wants, as all do that have not said otherwise. */
  public OrganizationSpec(
      String name,
      Payloads payloads,
      int payloadRetentionDays,
      OfflineMode offlineMode,
      long version) {
    this(name, payloads, payloadRetentionDays, offlineMode, false, Budget.NONE, version);
  }

  /** One that does not say when its people are at work. */
  public OrganizationSpec(
      String name,
      Payloads payloads,
      int payloadRetentionDays,
      OfflineMode offlineMode,
      Boolean failOpen,
      Budget budget,
      long version) {
    this(name, payloads, payloadRetentionDays, offlineMode, failOpen, budget, null, version);
  }

  public OrganizationSpec {
    // An older control plane does not say, and neither does what was kept of one.
    offlineMode = Objects.requireNonNullElse(offlineMode, OfflineMode.FREEZE);
    failOpen = Objects.requireNonNullElse(failOpen, false);
    budget = Objects.requireNonNullElse(budget, Budget.NONE);
  }

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

  /** What happens past the window in which an enclave may work without its control plane (G8). */
  public enum OfflineMode {
    /** Every action is denied; tokens are rotated, and agents are killed, as always. */
    FREEZE,
    /** Agents go on, and the record says so. */
    CONTINUE;

    @JsonValue
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static OfflineMode of(String wire) {
      return switch (wire) {
        case "freeze" -> FREEZE;
        case "continue" -> CONTINUE;
        default -> throw new IllegalArgumentException("offline_mode is freeze or continue");
      };
    }
  }
}
