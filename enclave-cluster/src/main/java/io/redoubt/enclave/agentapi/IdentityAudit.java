package io.redoubt.enclave.agentapi;

import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.agent.AgentKey;
import io.redoubt.audit.AuditLog;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.jwt.AccessClaims;
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
  static final String SELF = "token:self";
  static final String APPROVAL = "token:approval";

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
        Subject.of(request),
        operation,
        Verdict.PERMIT,
        DONE,
        spec.owner(),
        null,
        repeated ? "repeated" : null);
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
    return record(Subject.of(request), operation, Verdict.DENY, REFUSED, owner, null, why.code());
  }

  /** The same of an access token that is ours and not honoured. */
  CompletionStage<Void> refusal(
      AccessClaims claims, String traceId, String operation, ErrorType why) {
    return refusal(claims, traceId, operation, null, why);
  }

  /**
   * The same where it asks for something that is not its own.
   *
   * @param approval the request that it names; null: it names none
   */
  CompletionStage<Void> refusal(
      AccessClaims claims,
      String traceId,
      String operation,
      @Nullable ApprovalId approval,
      ErrorType why) {
    return record(
        new Subject(new AgentKey(claims.organization(), claims.agent()), claims.family(), traceId),
        operation,
        Verdict.DENY,
        REFUSED,
        null,
        approval,
        why.code());
  }

  /** Whose identity it is about, and in which trace. */
  private record Subject(AgentKey agent, FamilyId family, String traceId) {
    static Subject of(TokenRequest request) {
      return new Subject(request.agent(), request.family().family(), request.traceId());
    }
  }

  private CompletionStage<Void> record(
      Subject subject,
      String operation,
      Verdict verdict,
      Outcome outcome,
      @Nullable String owner,
      @Nullable ApprovalId approval,
      @Nullable String detail) {
    metrics
        .counter(
            "redoubt.identity", "operation", operation, "result", detail == null ? "done" : detail)
        .increment();
    return log.record(
        new AuditBuilder(
                AuditId.next(clock),
                clock.instant(),
                subject.agent().organization(),
                Plane.IDENTITY,
                operation,
                verdict)
            .agent(subject.agent().agent(), owner)
            .byAgent()
            .at(enclave, node)
            .resource(subject.family().toString())
            .approval(approval)
            .outcome(outcome)
            .trace(subject.traceId())
            .detail(detail)
            .build());
  }
}
