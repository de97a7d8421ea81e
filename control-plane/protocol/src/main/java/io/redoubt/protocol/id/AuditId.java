package io.redoubt.protocol.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Identifies an audit record. */
public record AuditId(UUID uuid) {
  private static final String PREFIX = "aud_";

  public static AuditId next(InstantSource clock) {
    return new AuditId(Uuids.next(clock));
  }

  /**
   * Of the one record that there is of a command's being carried out, however often it was.
   *
   * @param number in the enclave's log
   */
  public static AuditId ofCommand(EnclaveId enclave, long number, Instant issuedAt) {
    return new AuditId(Uuids.named(issuedAt, enclave + "/" + number));
  }

  /**
   * Of the one record that there is of a step of an approval, however often it is written.
   *
   * @param step counts them, from 1
   */
  public static AuditId ofApproval(ApprovalId approval, int step, Instant at) {
    return new AuditId(Uuids.named(at, approval + "/" + step));
  }

  /**
   * Of the one record that there is of somebody's having seen a request for approval, however often
   * they look at it there.
   *
   * @param by who saw it
   * @param where it was recorded, such as {@code control-plane}
   */
  public static AuditId ofSighting(ApprovalId approval, String by, String where, Instant askedAt) {
    return new AuditId(Uuids.named(askedAt, approval + "/seen/" + where + "/" + by));
  }

  /**
   * Of the one record that there is of a vote's not being heard, however often it comes.
   *
   * @param vote identifies what was said
   */
  public static AuditId ofUnheard(ApprovalId approval, String vote, Instant askedAt) {
    return new AuditId(Uuids.named(askedAt, approval + "/unheard/" + vote));
  }

  /**
   * Reads the written form.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static AuditId parse(@Nullable String text) {
    return new AuditId(Uuids.parse(PREFIX, text));
  }

  @JsonValue
  @Override
  public String toString() {
    return Uuids.format(PREFIX, uuid);
  }
}
