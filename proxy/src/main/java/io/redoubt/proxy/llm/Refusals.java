package io.redoubt.proxy.llm;

import io.redoubt.audit.AuditLog;
import io.redoubt.budget.Shortage;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.link.ProviderSpec.Kind;
import io.redoubt.proxy.decide.Causes;
import io.redoubt.proxy.decide.Marks;
import io.redoubt.proxy.decide.NodeIdentity;
import io.redoubt.proxy.decide.PayloadRecording;
import io.redoubt.proxy.decide.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;

/** Answers in the provider's place, and records why. */
final class Refusals {
  private static final HttpHeader RETRY_AFTER = RawHeader.create("retry-after", "1");

  /** The providers' SDKs heed it: a budget does not come back within their patience. */
  private static final HttpHeader NO_RETRY = RawHeader.create("x-should-retry", "false");

  private static final int UNAUTHORIZED = 401;

  private final NodeIdentity node;
  private final AuditLog audit;
  private final PayloadRecording payloads;
  private final LlmTelemetry telemetry;
  private final Settlements settlements;
  private final InstantSource clock;

  /**
   * Refusals.
   *
   * @param clock by which periods of budgets begin
   */
  Refusals(
      NodeIdentity node,
      AuditLog audit,
      PayloadRecording payloads,
      LlmTelemetry telemetry,
      Settlements settlements,
      InstantSource clock) {
    this.node = node;
    this.audit = audit;
    this.payloads = payloads;
    this.telemetry = telemetry;
    this.settlements = settlements;
    this.clock = clock;
  }

  /** Never fails. */
  CompletionStage<HttpResponse> answer(LlmCall call, Throwable failure) {
    Refusal.Raised raised;
    if (Causes.of(failure) instanceof Refusal.Raised known) {
      raised = known;
    } else {
      Causes.logUnforeseen("A call failed", failure);
      raised = new Refusal.Raised(Refusal.INTERNAL);
    }
    call.isOver();
    if (call.keepsInVain()) {
      settlements.cancelled(call);
    }
    if (raised.shortage() != null) {
      settlements.refused(call);
    }
    return record(call, raised)
        .thenCombine(call.body().drain(call.claims() != null), (answer, _) -> answer)
        .thenApply(answer -> response(call, answer));
  }

  private CompletionStage<Refusal.Raised> record(LlmCall call, Refusal.Raised raised) {
    var refusal = raised.refusal();
    if (call.hasIntent()) {
      return CompletableFuture.completedFuture(raised); // its outcome is what there is to record
    }
    telemetry.refused(call, refusal);
    var claims = call.claims();
    if (claims == null || isUndecided(refusal)) {
      return CompletableFuture.completedFuture(raised);
    }
    var outcome = new Outcome(Outcome.Status.REFUSED, call.elapsedMillis(), null, refusal.code());
    return kept(call, claims, refusal)
        .thenCompose(kept ->
            audit.record(
                call.record(node, claims, refusal.verdict())
                    .detail(call.remark(why(raised)))
                    .outcome(kept ? outcome : PayloadRecording.without(outcome))
                    .build()))
        .handle((_, failure) -> {
          if (failure != null) {
            Causes.log("A refusal could not be recorded", failure);
          }
          return failure == null ? raised : new Refusal.Raised(Refusal.UNAVAILABLE);
        });
  }

  /**
   * Keeps what it says, where that was read and is wanted. Of whoever is not believed, or not any
   * more, nothing is kept: a body is no record of anybody.
   */
  private CompletableFuture<Boolean> kept(LlmCall call, AccessClaims claims, Refusal refusal) {
    var body = call.refusable();
    return body == null || refusal.status() == UNAUTHORIZED
        ? CompletableFuture.completedFuture(true)
        : payloads.keepRefused(claims, call.action(), body);
  }

  private static String why(Refusal.Raised raised) {
    String code = raised.refusal().code();
    return raised.shortage() == null ? code : code + ": " + raised.shortage().explained();
  }

  /** Nothing was decided about the call, so there is nothing to keep. */
  private static boolean isUndecided(Refusal refusal) {
    return switch (refusal) {
      case UNAVAILABLE, OVERLOADED, OUT_OF_SERVICE -> true;
      default -> false;
    };
  }

  private HttpResponse response(LlmCall call, Refusal.Raised raised) {
    var refusal = raised.refusal();
    boolean permitted =
        call.hasIntent() && refusal != Refusal.CUT && refusal != Refusal.OUT_OF_SERVICE;
    var headers =
        headers(refusal, permitted ? Marks.PERMIT : Marks.of(refusal.verdict()), call.action());
    var shortage = raised.shortage();
    if (shortage != null) {
      headers.remove(RETRY_AFTER);
      headers.add(
          RawHeader.create(RETRY_AFTER.name(), Long.toString(secondsUntil(shortage.resets()))));
      headers.add(NO_RETRY);
    }
    return response(
        call.operation().kind(),
        refusal,
        headers,
        refusal.isByPolicy() ? call.policies() : List.of(),
        call.approval(),
        shortage);
  }

  /** Rounded up: who waits so long does not come too early. */
  private long secondsUntil(Instant moment) {
    return Math.max(1, Duration.between(clock.instant(), moment).toSeconds() + 1);
  }

  static HttpResponse response(Kind kind, Refusal refusal, HttpHeader decision, ActionId action) {
    return response(kind, refusal, headers(refusal, decision, action), List.of(), null, null);
  }

  private static List<HttpHeader> headers(Refusal refusal, HttpHeader decision, ActionId action) {
    var headers = new ArrayList<HttpHeader>();
    Marks.add(headers, decision, action);
    if (refusal.isTransient()) {
      headers.add(RETRY_AFTER);
    }
    return headers;
  }

  private static HttpResponse response(
      Kind kind,
      Refusal refusal,
      List<HttpHeader> headers,
      List<String> policies,
      @Nullable ApprovalId approval,
      @Nullable Shortage shortage) {
    if (approval != null) {
      headers.add(RawHeader.create("x-redoubt-approval", approval.toString()));
    }
    return HttpResponse.create()
        .withStatus(StatusCodes.get(refusal.status()))
        .withHeaders(headers)
        .withEntity(
            HttpEntities.create(
                ContentTypes.APPLICATION_JSON,
                Envelopes.of(kind, refusal, policies, approval, shortage)));
  }
}
