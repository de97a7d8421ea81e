package io.redoubt.persistence.enclave;

import io.redoubt.policy.PolicyAction;
import io.redoubt.protocol.audit.AuditDocument;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.link.AuditBatch;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One row of the audit log on its way into the database.
 *
 * @param agent null where no agent is concerned, and in outcomes
 * @param reservation number of what the intent reserves; null: nothing
 * @param fence what must stand for the line to be written; null: it is written in any case
 */
record AuditLine(
    Kind kind,
    UUID organization,
    UUID id,
    @Nullable UUID agent,
    Instant time,
    @Nullable Long reservation,
    @Nullable Fence fence,
    String document) {

  /** What the line is, and how {@code enclave.write_audit} calls it. */
  enum Kind {
    INTENT(0),
    COMPLETE(1),
    OUTCOME(2),
    /** Complete, and part of what the agent did: an act that was not permitted. */
    REFUSED_ACT(3);

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
        intent.reserved() == null ? null : intent.reserved().number(),
        new Fence(organization, agent.uuid(), fence),
        AuditDocument.of(intent));
  }

  static AuditLine complete(AuditRecord complete) {
    var agent = complete.agentId();
    return new AuditLine(
        isRefusedAct(complete) ? Kind.REFUSED_ACT : Kind.COMPLETE,
        complete.organizationId().uuid(),
        complete.id().uuid(),
        agent == null ? null : agent.uuid(),
        complete.time(),
        null,
        null,
        AuditDocument.of(complete));
  }

  private static boolean isRefusedAct(AuditRecord complete) {
    return complete.agentId() != null && PolicyAction.of(complete.operation()).isPresent();
  }

  static AuditLine outcome(AuditOutcome outcome) {
    return new AuditLine(
        Kind.OUTCOME,
        outcome.organizationId().uuid(),
        outcome.id().uuid(),
        null,
        outcome.time(),
        null,
        null,
        AuditDocument.of(outcome));
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
}
