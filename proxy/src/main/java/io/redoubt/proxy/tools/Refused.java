package io.redoubt.proxy.tools;

import io.redoubt.audit.AuditLog;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.proxy.decide.Causes;
import io.redoubt.proxy.decide.Marks;
import io.redoubt.proxy.decide.NodeIdentity;
import io.redoubt.proxy.decide.PayloadRecording;
import io.redoubt.proxy.decide.Refusal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.jspecify.annotations.Nullable;

/** Records why an act is not done, or has no result, and says so. */
final class Refused {
  private final NodeIdentity node;
  private final AuditLog audit;
  private final PayloadRecording payloads;

  Refused(NodeIdentity node, AuditLog audit, PayloadRecording payloads) {
    this.node = node;
    this.audit = audit;
    this.payloads = payloads;
  }

  /**
   * What is said.
   *
   * @param code for metrics
   * @param pending whose decision is waited for; null: this is a problem
   */
  record Answer(
      String code,
      HttpHeader mark,
      ProblemException problem,
      Map<String, Object> members,
      @Nullable ApprovalId pending) {}

  /** Why: in the list of refusals, and as told to whoever wrote the body wrong. */
  private record Why(Refusal refusal, @Nullable ProblemException problem) {
    static Why of(Throwable failure) {
      return switch (failure) {
        case Refusal.Raised raised -> new Why(raised.refusal(), null);
        case ProblemException problem ->
            new Why(
                problem.type() == ErrorType.INVALID_REQUEST
                    ? Refusal.PARAMETERS_INVALID
                    : Refusal.BODY_MALFORMED,
                problem);
        default -> {
          Causes.logUnforeseen("An act failed", failure);
          yield new Why(Refusal.INTERNAL, null);
        }
      };
    }
  }

  /** Never fails. */
  CompletionStage<Answer> of(Execution call, Throwable failure) {
    var why = Why.of(Causes.of(failure));
    call.isOver();
    return recorded(call, why)
        .thenCombine(call.body().drain(call.claims() != null), (known, _) -> answer(call, known));
  }

  /**
   * Another act goes on in its place, and this one is on record as one that never does; fails with
   * {@link Refusal.Raised} where it cannot be.
   */
  CompletionStage<Void> replaced(Execution call) {
    var edited = new Why(Refusal.APPROVAL_EDITED, null);
    return recorded(call, edited)
        .thenAccept(known -> {
          if (known.refusal != edited.refusal) {
            throw new Refusal.Raised(known.refusal);
          }
        });
  }

  private CompletionStage<Why> recorded(Execution call, Why why) {
    var claims = call.claims();
    var refusal = why.refusal;
    if (call.hasIntent() || claims == null || isUndecided(refusal)) {
      return CompletableFuture.completedFuture(why);
    }
    var outcome = new Outcome(Outcome.Status.REFUSED, call.elapsedMillis(), null, refusal.code());
    return kept(call, claims, refusal)
        .thenCompose(kept ->
            audit.record(
                call.record(node, claims, refusal.verdict())
                    .detail(call.remark(refusal.code()))
                    .outcome(kept ? outcome : PayloadRecording.without(outcome))
                    .build()))
        .handle((_, failure) -> {
          if (failure != null) {
            Causes.log("A refusal could not be recorded", failure);
          }
          return failure == null ? why : new Why(Refusal.UNAVAILABLE, null);
        });
  }

  /** Of whoever is not believed nothing is kept: a body is no record of anybody. */
  private CompletableFuture<Boolean> kept(Execution call, AccessClaims claims, Refusal refusal) {
    var said = call.refusable();
    return said == null || refusal.status() == ErrorType.CREDENTIAL_INVALID.status()
        ? CompletableFuture.completedFuture(true)
        : payloads.keepRefused(claims, call.action(), said);
  }

  /** Nothing was decided about the call, so there is nothing to keep. */
  private static boolean isUndecided(Refusal refusal) {
    return switch (refusal) {
      case UNAVAILABLE, OVERLOADED, OUT_OF_SERVICE -> true;
      default -> false;
    };
  }

  private static Answer answer(Execution call, Why why) {
    var refusal = why.refusal;
    var approval = call.approval();
    boolean pending = refusal == Refusal.APPROVAL_NEEDED && approval != null;
    var problem =
        why.problem == null
            ? ProblemException.of(typeOf(refusal), refusal.message(approval) + ".")
            : why.problem;
    return new Answer(
        refusal.code(),
        isDone(call, refusal) ? Marks.PERMIT : Marks.of(refusal.verdict()),
        problem,
        members(call, refusal, approval),
        pending ? approval : null);
  }

  /** It went out, as far as anybody knows. */
  private static boolean isDone(Execution call, Refusal refusal) {
    return call.hasIntent() && refusal != Refusal.CUT && refusal != Refusal.OUT_OF_SERVICE;
  }

  private static Map<String, Object> members(
      Execution call, Refusal refusal, @Nullable ApprovalId approval) {
    var members = new LinkedHashMap<String, Object>();
    members.put("action_id", call.action());
    members.put("reason", refusal.code());
    var judgement = call.judgement();
    if (judgement != null && refusal.isByPolicy()) {
      members.put("policy_ids", judgement.decision().policyIds());
      members.put("risk_score", judgement.risk().score());
    }
    if (approval != null) {
      members.put("approval_id", approval);
    }
    var edited = call.edited();
    // Whoever is stopped gets nothing any more, and what may be made again is not done.
    if (edited != null && (refusal.isByPolicy() || isDone(call, refusal))) {
      members.put("edited", edited);
    }
    return members;
  }

  /** As a problem of the closed list. */
  private static ErrorType typeOf(Refusal refusal) {
    return switch (refusal) {
      case CREDENTIAL_MISSING -> ErrorType.CREDENTIAL_MISSING;
      case CREDENTIAL_INVALID, CREDENTIAL_AMBIGUOUS -> ErrorType.CREDENTIAL_INVALID;
      case PROOF_INVALID -> ErrorType.PROOF_OF_POSSESSION_INVALID;
      case SOURCE_ADDRESS_NOT_ALLOWED -> ErrorType.SOURCE_ADDRESS_NOT_ALLOWED;
      case REQUEST_MALFORMED, BODY_MALFORMED, MODEL_MISSING -> ErrorType.MALFORMED_REQUEST;
      case PARAMETERS_INVALID -> ErrorType.INVALID_REQUEST;
      case PATH_UNKNOWN, MODEL_NOT_FOUND, CONNECTOR_UNKNOWN, OPERATION_UNKNOWN ->
          ErrorType.NOT_FOUND;
      case METHOD_NOT_ALLOWED -> ErrorType.METHOD_NOT_ALLOWED;
      case URI_TOO_LONG -> ErrorType.URI_TOO_LONG;
      case HEADERS_TOO_LARGE -> ErrorType.HEADERS_TOO_LARGE;
      case HEAD_TOO_SLOW, BODY_TOO_SLOW -> ErrorType.REQUEST_TIMEOUT;
      case BODY_TOO_LARGE -> ErrorType.CONTENT_TOO_LARGE;
      case MEDIA_TYPE_UNSUPPORTED -> ErrorType.UNSUPPORTED_MEDIA_TYPE;
      case AGENT_NOT_ACTIVE, CUT -> ErrorType.AGENT_NOT_ACTIVE;
      case TOO_MANY_PROOFS,
          BUDGET_EXHAUSTED,
          TOO_MANY_APPROVALS,
          TOO_MANY_APPROVALS_OF_ORGANIZATION,
          TOO_MANY_STREAMS ->
          ErrorType.RATE_LIMITED;
      case MODEL_NOT_ALLOWED,
          OWN_CREDENTIAL_NOT_ALLOWED,
          OWN_CREDENTIAL_IS_A_TOKEN,
          PRICE_UNKNOWN,
          SURCHARGE_UNKNOWN,
          POLICY_DENIED,
          APPROVAL_NEEDED,
          APPROVAL_DENIED,
          APPROVAL_EDITED,
          CONTENT_NOT_INSPECTED,
          CONTENT_NOT_REDACTED,
          REPLY_BLOCKED,
          ENCLAVE_FROZEN ->
          ErrorType.ACTION_DENIED;
      case POLICIES_UNKNOWN,
          OVERLOADED,
          UNAVAILABLE,
          OUT_OF_SERVICE,
          UPSTREAM_BUSY,
          SETTINGS_CHANGED ->
          ErrorType.UNAVAILABLE;
      case UPSTREAM_UNREACHABLE,
          UPSTREAM_NOT_ALLOWED,
          UPSTREAM_REDIRECTS,
          REPLY_UNREADABLE,
          REPLY_NOT_UNDERSTOOD,
          REPLY_HOLDS_SECRET,
          NOBODY_KNOWS,
          REPLY_TOO_LARGE ->
          ErrorType.UPSTREAM_FAILED;
      case UPSTREAM_TIMEOUT -> ErrorType.UPSTREAM_TIMEOUT;
      case INTERNAL -> ErrorType.INTERNAL;
    };
  }
}
