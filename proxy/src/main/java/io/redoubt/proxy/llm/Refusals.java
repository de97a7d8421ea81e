package io.redoubt.proxy.llm;

import io.redoubt.audit.AuditLog;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.link.ProviderSpec.Kind;
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

/** Answers in the provider's place, and records why. */
final class Refusals {
  private static final HttpHeader RETRY_AFTER = RawHeader.create("retry-after", "1");

  private final NodeIdentity node;
  private final AuditLog audit;
  private final RequestBodies bodies;
  private final LlmTelemetry telemetry;

  Refusals(NodeIdentity node, AuditLog audit, RequestBodies bodies, LlmTelemetry telemetry) {
    this.node = node;
    this.audit = audit;
    this.bodies = bodies;
    this.telemetry = telemetry;
  }

  /** Never fails. */
  CompletionStage<HttpResponse> answer(LlmCall call, Throwable failure) {
    Refusal refusal;
    if (Causes.of(failure) instanceof Refusal.Raised raised) {
      refusal = raised.refusal();
    } else {
      Causes.logUnforeseen("A call failed", failure);
      refusal = Refusal.INTERNAL;
    }
    call.isOver();
    return record(call, refusal)
        .thenCombine(bodies.drain(call), (answer, _) -> answer)
        .thenApply(answer -> response(call, answer));
  }

  private CompletionStage<Refusal> record(LlmCall call, Refusal refusal) {
    if (call.hasIntent()) {
      return CompletableFuture.completedFuture(refusal); // its outcome is what there is to record
    }
    telemetry.refused(call, refusal);
    var claims = call.claims();
    if (claims == null || isUndecided(refusal)) {
      return CompletableFuture.completedFuture(refusal);
    }
    var outcome = new Outcome(Outcome.Status.REFUSED, call.elapsedMillis(), null, refusal.code());
    return audit
        .record(
            call.record(node, claims, refusal.verdict())
                .detail(call.remark(refusal.code()))
                .outcome(outcome)
                .build())
        .handle((_, failure) -> {
          if (failure != null) {
            Causes.log("A refusal could not be recorded", failure);
          }
          return failure == null ? refusal : Refusal.UNAVAILABLE;
        });
  }

  /** Nothing was decided about the call, so there is nothing to keep. */
  private static boolean isUndecided(Refusal refusal) {
    return switch (refusal) {
      case UNAVAILABLE, OVERLOADED, OUT_OF_SERVICE, INTERNAL -> true;
      default -> false;
    };
  }

  private static HttpResponse response(LlmCall call, Refusal refusal) {
    boolean permitted =
        call.hasIntent() && refusal != Refusal.CUT && refusal != Refusal.OUT_OF_SERVICE;
    return response(
        call.operation().kind(),
        refusal,
        permitted ? Marks.PERMIT : Marks.of(refusal.verdict()),
        call.action(),
        refusal.isByPolicy() ? call.policies() : List.of());
  }

  static HttpResponse response(Kind kind, Refusal refusal, HttpHeader decision, ActionId action) {
    return response(kind, refusal, decision, action, List.of());
  }

  private static HttpResponse response(
      Kind kind, Refusal refusal, HttpHeader decision, ActionId action, List<String> policies) {
    var headers = new ArrayList<HttpHeader>();
    Marks.add(headers, decision, action);
    if (refusal.isTransient()) {
      headers.add(RETRY_AFTER);
    }
    return HttpResponse.create()
        .withStatus(StatusCodes.get(refusal.status()))
        .withHeaders(headers)
        .withEntity(
            HttpEntities.create(
                ContentTypes.APPLICATION_JSON, Envelopes.of(kind, refusal, policies)));
  }
}
