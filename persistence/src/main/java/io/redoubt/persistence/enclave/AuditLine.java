package io.redoubt.persistence.enclave;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.AuditBatch;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One row of the audit log on its way into the database.
 *
 * @param agent null where no agent is concerned, and in outcomes
 * @param fence what must stand for the line to be written; null: it is written in any case
 */
record AuditLine(
    Kind kind,
    UUID organization,
    UUID id,
    @Nullable UUID agent,
    Instant time,
    @Nullable Fence fence,
    String document) {

  /** What the line is, and how {@code enclave.write_audit} calls it. */
  enum Kind {
    INTENT(0),
    COMPLETE(1),
    OUTCOME(2);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    int number() {
      return number;
    }
  }

  /** An agent's fence as a decision saw it. */
  record Fence(UUID organization, UUID agent, long value) {}

  /** The halves of a record, as the table numbers them. */
  static final int OUTCOME_HALF = 2;

  /** Half of the fields are usually empty; what is absent reads back as null. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private abstract static class WithoutNulls {}

  private static final ObjectWriter WRITER =
      Json.LENIENT
          .copy()
          .addMixIn(AuditRecord.class, WithoutNulls.class)
          .addMixIn(AuditOutcome.class, WithoutNulls.class)
          .writer();

  static AuditLine intent(AuditRecord intent, long fence) {
    var agent = intent.agentId();
    if (agent == null || intent.outcome() != null) {
      throw new IllegalArgumentException("an intent names its agent and has no outcome yet");
    }
    UUID organization = intent.organizationId().uuid();
    return new AuditLine(
        Kind.INTENT,
        organization,
        intent.id().uuid(),
        agent.uuid(),
        intent.time(),
        new Fence(organization, agent.uuid(), fence),
        write(intent));
  }

  static AuditLine complete(AuditRecord complete) {
    var agent = complete.agentId();
    return new AuditLine(
        Kind.COMPLETE,
        complete.organizationId().uuid(),
        complete.id().uuid(),
        agent == null ? null : agent.uuid(),
        complete.time(),
        null,
        write(complete));
  }

  static AuditLine outcome(AuditOutcome outcome) {
    return new AuditLine(
        Kind.OUTCOME,
        outcome.organizationId().uuid(),
        outcome.id().uuid(),
        null,
        outcome.time(),
        null,
        write(outcome));
  }

  long micros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }

  /** A row as it goes up to the control plane. */
  static AuditBatch.StoredLine stored(int half, String document) {
    return half == OUTCOME_HALF
        ? new AuditBatch.StoredLine(null, document)
        : new AuditBatch.StoredLine(document, null);
  }

  private static String write(Object value) {
    try {
      return WRITER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("an audit line that cannot be written", e);
    }
  }
}
