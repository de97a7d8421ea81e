package io.redoubt.controlplane.operator;

import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.Failures;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where operators' reads and changes are carried out: one transaction each, in the operator's own
 * organization, as far as they still stand there. A change, its audit record and the answer kept
 * for repeats are committed together.
 */
public final class Desk {
  private final Database database;
  private final Authorizer authorizer;
  private final Trail trail;
  private final Clock clock;
  private final Idempotency idempotency;

  public Desk(
      Database database,
      Authorizer authorizer,
      Trail trail,
      Clock clock,
      Duration idempotencyWindow) {
    this.database = database;
    this.authorizer = authorizer;
    this.trail = trail;
    this.clock = clock;
    this.idempotency = new Idempotency(idempotencyWindow);
  }

  <T> CompletionStage<T> read(Admission admission, Function<Transaction, T> work) {
    var organization = admission.operator().organization();
    return database.inOrganization(
        organization,
        handle -> {
          authorizer.requireStanding(handle, admission);
          return work.apply(Transaction.of(organization, handle));
        });
  }

  /** Carries out a change; under a known idempotency key, only repeats its answer. */
  CompletionStage<Answer> change(
      Admission admission,
      String traceId,
      String request,
      Optional<Idempotency.Key> key,
      Function<Change, Answer> work) {
    var operator = admission.operator();
    return database
        .<Answer>inOrganization(
            operator.organization(),
            handle -> {
              authorizer.requireStanding(handle, admission);
              var change = new Change(handle, operator, clock, traceId, trail);
              return key.isEmpty() ? work.apply(change) : idempotency.once(change, key.get(), work);
            })
        .handle((answer, failure) -> settle(operator, traceId, request, answer, failure))
        .thenCompose(Function.identity());
  }

  private CompletionStage<Answer> settle(
      Operator operator,
      String traceId,
      String request,
      @Nullable Answer answer,
      @Nullable Throwable failure) {
    if (answer != null) {
      return CompletableFuture.completedFuture(answer);
    }
    Throwable cause =
        failure instanceof CompletionException e && e.getCause() != null ? e.getCause() : failure;
    if (cause instanceof ProblemException problem
        && (problem.type() == ErrorType.PERMISSION_MISSING
            || problem.type() == ErrorType.STEP_UP_NEEDED)) {
      return refused(operator, traceId, request, String.valueOf(problem.getMessage()))
          .thenCompose(_ -> CompletableFuture.failedFuture(problem));
    }
    if (Failures.isUniqueViolation(cause)) {
      return CompletableFuture.failedFuture(
          ProblemException.of(ErrorType.CONFLICT, "Something of that name exists already."));
    }
    return CompletableFuture.failedFuture(
        cause == null ? new IllegalStateException("a change without an answer") : cause);
  }

  /** Refuses who lacks the permission, and records it. */
  <T> CompletionStage<T> refuse(
      Operator operator, String traceId, Endpoint endpoint, Permission permission) {
    String why = "needs " + permission.wire();
    return refused(operator, traceId, endpoint.describe(), why)
        .thenCompose(_ ->
            CompletableFuture.failedFuture(
                ProblemException.of(ErrorType.PERMISSION_MISSING, "It " + why + ".")));
  }

  /** Records that an operator was not allowed to do something. */
  private CompletionStage<Void> refused(
      Operator operator, String traceId, String request, String why) {
    return database.inOrganization(
        operator.organization(),
        handle -> {
          trail.record(
              handle,
              new AuditBuilder(
                      ActionId.next(clock).auditId(),
                      Change.now(clock),
                      operator.organization(),
                      Plane.ADMIN,
                      "operator:refused",
                      Verdict.DENY)
                  .byOperator(operator.subject())
                  .resource(request)
                  .detail(why)
                  .trace(traceId)
                  .build());
          return null;
        });
  }
}
