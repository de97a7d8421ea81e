package io.redoubt.enclave.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.redoubt.http.RequestTrace;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Puts a span around the work for one request, in the request's own trace. */
public final class RequestSpans {
  private final Tracer tracer;

  public RequestSpans(Tracer tracer) {
    this.tracer = tracer;
  }

  /** Runs the work within a span of that name, which ends when the work does. */
  public <T> CompletionStage<T> around(
      String name, RequestTrace trace, Supplier<CompletionStage<T>> work) {
    Span span =
        tracer.spanBuilder(name).setParent(parent(trace)).setSpanKind(SpanKind.SERVER).startSpan();
    return work.get()
        .whenComplete((_, failure) -> {
          if (failure != null) {
            span.setStatus(StatusCode.ERROR);
          }
          span.end();
        });
  }

  private static Context parent(RequestTrace trace) {
    var flags = trace.sampled() ? TraceFlags.getSampled() : TraceFlags.getDefault();
    return Context.root()
        .with(
            Span.wrap(
                SpanContext.createFromRemoteParent(
                    trace.traceId(), trace.spanId(), flags, TraceState.getDefault())));
  }
}
