package io.redoubt.enclave.agentapi;

import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.audit.AuditLog;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Records what happens to agents' identities; always before the caller hears of it. */
final class IdentityAudit {
  static final String BOOTSTRAP = "token:bootstrap";
  static final String REFRESH = "token:refresh";
  static final String REPLAY = "token:replay";

  private static final Outcome DONE = new Outcome(Outcome.Status.SUCCEEDED, 0, null, null);
  private static final Outcome REFUSED = new Outcome(Outcome.Status.REFUSED, 0, null, null);

  private final AuditLog log;
  private final EnclaveId enclave;
  private final String node;
  private final Clock clock;
  private final MeterRegistry metrics;

  IdentityAudit(AuditLog log, EnclaveId enclave, String node, Clock clock, MeterRegistry metrics) {
    this.log = log;
    this.enclave = enclave;
    this.node = node;
    this.clock = clock;
    this.metrics = metrics;
  }

  CompletionStage<Void> granted(
      TokenRequest request, String operation, AgentSpec spec, boolean repeated) {
    return record(
        request, operation, Verdict.PERMIT, DONE, spec.owner(), repeated ? "repeated" : null);
  }

  /** Records the refusal, then fails with it. */
  <T> CompletionStage<T> refused(
      TokenRequest request, String operation, @Nullable AgentSpec spec, ErrorType why) {
    return refusal(request, operation, spec, why)
        .thenCompose(_ -> CompletableFuture.failedFuture(ProblemException.of(why)));
  }

  CompletionStage<Void> refusal(
      TokenRequest request, String operation, @Nullable AgentSpec spec, ErrorType why) {
    var owner = spec == null ? null : spec.owner();
    return record(request, operation, Verdict.DENY, REFUSED, owner, why.code());
  }

  private CompletionStage<Void> record(
      TokenRequest request,
      String operation,
      Verdict verdict,
      Outcome outcome,
      @Nullable String owner,
      @Nullable String detail) {
    metrics
        .counter(
            "redoubt.identity", "operation", operation, "result", detail == null ? "done" : detail)
        .increment();
    return log.record(
        new AuditBuilder(
                AuditId.next(clock),
                clock.instant(),
                request.agent().organization(),
                Plane.IDENTITY,
                operation,
                verdict)
            .agent(request.agent().agent(), owner)
            .byAgent()
            .at(enclave, node)
            .resource(request.family().family().toString())
            .outcome(outcome)
            .trace(request.traceId())
            .detail(detail)
            .build());
  }
}
