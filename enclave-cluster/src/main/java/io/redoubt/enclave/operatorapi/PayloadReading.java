package io.redoubt.enclave.operatorapi;

import io.redoubt.payload.PayloadStore.Kept;
import io.redoubt.payload.PayloadStore.Part;
import io.redoubt.payload.PayloadStore.Payload;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.jwt.OperatorClaims;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Reads what agents sent and models answered, for the organization's own people. Who read what is
 * on record before they have it, or they do not get it (G4).
 */
final class PayloadReading {
  private final PayloadPorts ports;
  private final EnclaveId enclave;
  private final String node;
  private final Semaphore places;
  private final Clock clock;

  /**
   * Reading at this node.
   *
   * @param places that there are for those who read at a time (G11)
   */
  PayloadReading(PayloadPorts ports, EnclaveId enclave, String node, int places, Clock clock) {
    this.ports = ports;
    this.enclave = enclave;
    this.node = node;
    this.places = new Semaphore(places);
    this.clock = clock;
  }

  /**
   * What is kept of an action.
   *
   * @param halves at least one
   */
  record Overview(AuditRecord action, List<Kept> halves) {}

  /**
   * One half, in the clear.
   *
   * @param place taken until it has left
   */
  record Opened(Payload payload, Place place) {}

  /** One of those that may read at a time. */
  static final class Place {
    private final Semaphore places;
    private final AtomicBoolean taken = new AtomicBoolean(true);

    private Place(Semaphore places) {
      this.places = places;
    }

    /** May be said again. */
    void giveBack() {
      if (taken.compareAndSet(true, false)) {
        places.release();
      }
    }
  }

  /** Fails with a {@link ProblemException} where there is nothing. */
  CompletionStage<Overview> list(OperatorClaims operator, ActionId action) {
    var now = clock.instant();
    return recordOf(operator, action)
        .thenCompose(of ->
            ports
                .payloads()
                .list(operator.organization(), action, now)
                .thenApply(halves -> {
                  if (halves.isEmpty()) {
                    throw notKept(of, now);
                  }
                  return new Overview(of, halves);
                }));
  }

  /** Fails with a {@link ProblemException} where there is nothing, or nobody may read now. */
  CompletionStage<Opened> open(
      OperatorClaims operator, ActionId action, Part part, String traceId) {
    if (!places.tryAcquire()) {
      return CompletableFuture.failedFuture(
          ProblemException.retryAfter(
              ErrorType.RATE_LIMITED, "As much is being read as may be at a time.", 1));
    }
    var place = new Place(places);
    var now = clock.instant();
    return recordOf(operator, action)
        .thenCompose(of ->
            ports
                .payloads()
                .open(operator.organization(), action, part, now)
                .thenApply(found -> found.orElseThrow(() -> notKept(of, part, now)))
                .thenCompose(payload ->
                    ports
                        .audit()
                        .record(reading(operator, of, payload, traceId, now))
                        .thenApply(_ -> new Opened(payload, place))))
        .whenComplete((_, failure) -> {
          if (failure != null) {
            place.giveBack();
          }
        });
  }

  /** In the operator's own organization; what is another's is not there (G7). */
  private CompletionStage<AuditRecord> recordOf(OperatorClaims operator, ActionId action) {
    return ports
        .records()
        .find(operator.organization(), action.auditId())
        .thenApply(found -> found.orElseThrow(() -> ProblemException.of(ErrorType.NOT_FOUND)));
  }

  private AuditRecord reading(
      OperatorClaims operator, AuditRecord of, Payload payload, String traceId, Instant now) {
    return new AuditBuilder(
            AuditId.next(clock),
            now,
            operator.organization(),
            Plane.ADMIN,
            "payload:read",
            Verdict.PERMIT)
        .agent(payload.agent(), of.owner())
        .byOperator(operator.subject())
        .at(enclave, node)
        .resource(payload.action().toString())
        .outcome(new Outcome(Outcome.Status.SUCCEEDED, 0, null, null))
        .trace(traceId)
        .detail(payload.part().name().toLowerCase(Locale.ROOT))
        .build();
  }

  private ProblemException notKept(AuditRecord of, Part part, Instant now) {
    return part == Part.REPLY && of.plane() == Plane.LLM && of.verdict() != Verdict.PERMIT
        ? ProblemException.of(
            ErrorType.PAYLOAD_NOT_KEPT, "It was not permitted, so there is no reply.")
        : notKept(of, now);
  }

  /** As far as that is known: what the organization wanted then may be something else now. */
  private ProblemException notKept(AuditRecord of, Instant now) {
    return ProblemException.of(
        ErrorType.PAYLOAD_NOT_KEPT,
        of.plane() == Plane.LLM
            ? ports
                .organizations()
                .find(of.organizationId())
                .map(spec -> why(spec, of, now))
                .orElse(ErrorType.PAYLOAD_NOT_KEPT.help())
            : "Requests to models and their replies are kept. What a tool call said is in the reply"
                + " that proposed it.");
  }

  private static String why(OrganizationSpec spec, AuditRecord of, Instant now) {
    int days = spec.payloadRetentionDays();
    if (!of.time().plus(Duration.ofDays(days)).isAfter(now)) {
      return "It is older than the %d days after which requests and replies are deleted."
          .formatted(days);
    }
    return switch (spec.payloads()) {
      case METADATA -> "The organization keeps metadata only.";
      case FULL ->
          "It was not kept, or is deleted by now. Where it could not be kept, its audit record says"
              + " payload-not-kept.";
    };
  }
}
