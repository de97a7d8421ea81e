package io.redoubt.proxy.llm;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.redoubt.http.RequestTrace;
import io.redoubt.protocol.audit.Outcome;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Metrics and spans of calls; names after OpenTelemetry's conventions for generative AI. */
final class LlmTelemetry {
  private static final AttributeKey<String> OPERATION =
      AttributeKey.stringKey("gen_ai.operation.name");
  private static final AttributeKey<String> PROVIDER =
      AttributeKey.stringKey("gen_ai.provider.name");
  private static final AttributeKey<String> MODEL = AttributeKey.stringKey("gen_ai.request.model");
  private static final AttributeKey<Long> INPUT = AttributeKey.longKey("gen_ai.usage.input_tokens");
  private static final AttributeKey<Long> OUTPUT =
      AttributeKey.longKey("gen_ai.usage.output_tokens");
  private static final AttributeKey<String> SERVER = AttributeKey.stringKey("server.address");
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
  private static final AttributeKey<String> ACTION = AttributeKey.stringKey("redoubt.action.id");
  private static final AttributeKey<String> AGENT = AttributeKey.stringKey("redoubt.agent.id");

  private record Ending(LlmOperation operation, String how) {}

  private final MeterRegistry metrics;
  private final Tracer tracer;
  private final Map<Ending, Timer> requests = new ConcurrentHashMap<>();
  private final Timer added;
  private final Timer upstream;
  private final Counter unpriced;
  private final Counter payloadsLost;
  private final Counter payloadsCutShort;
  private final Counter unmetered;

  LlmTelemetry(MeterRegistry metrics, Tracer tracer) {
    this.metrics = metrics;
    this.tracer = tracer;
    this.added = timer("redoubt.llm.added", "From the request's head until it goes upstream");
    this.upstream = timer("redoubt.llm.upstream", "Until the head of the provider's reply");
    this.unpriced = metrics.counter("redoubt.llm.unpriced");
    this.unmetered = metrics.counter("redoubt.llm.unmetered");
    this.payloadsLost = metrics.counter("redoubt.llm.payloads.lost");
    this.payloadsCutShort = metrics.counter("redoubt.llm.payloads.truncated");
  }

  Span begin(LlmCall call, Admission.Admitted admitted) {
    added.record(call.elapsed(), TimeUnit.NANOSECONDS);
    return tracer
        .spanBuilder(call.operation().genAiName() + " " + admitted.facts().model())
        .setParent(parent(call.trace()))
        .setSpanKind(SpanKind.CLIENT)
        .setAttribute(OPERATION, call.operation().genAiName())
        .setAttribute(PROVIDER, admitted.provider().kind().wire())
        .setAttribute(MODEL, admitted.facts().model())
        .setAttribute(SERVER, String.valueOf(admitted.provider().baseUrl().getHost()))
        .setAttribute(ACTION, call.action().toString())
        .setAttribute(AGENT, admitted.agent().claims().agent().toString())
        .startSpan();
  }

  void replied(long nanos) {
    upstream.record(nanos, TimeUnit.NANOSECONDS);
  }

  void end(LlmCall call, Span span, Outcome outcome) {
    var usage = outcome.usage();
    if (usage != null) {
      // The convention counts what came from a cache as input.
      span.setAttribute(
          INPUT, usage.inputTokens() + usage.cacheReadTokens() + usage.cacheWriteTokens());
      span.setAttribute(OUTPUT, usage.outputTokens());
    }
    if (outcome.status() != Outcome.Status.SUCCEEDED) {
      span.setStatus(StatusCode.ERROR);
      span.setAttribute(ERROR, String.valueOf(outcome.error()));
    }
    span.end();
    count(call, outcome.status().wire());
  }

  /**
   * A tool call that a reply proposed.
   *
   * @param outcome {@code permit}, or why it was refused
   */
  void toolCall(String outcome) {
    metrics.counter("redoubt.llm.tool.calls", "outcome", outcome).increment();
  }

  void refused(LlmCall call, Refusal refusal) {
    count(call, refusal.code());
  }

  /** A model that the price table does not know. */
  void unpriced() {
    unpriced.increment();
  }

  /** A reply that succeeded and does not say what it used. */
  void unmetered() {
    unmetered.increment();
  }

  void payloadLost() {
    payloadsLost.increment();
  }

  void payloadTruncated() {
    payloadsCutShort.increment();
  }

  private void count(LlmCall call, String how) {
    requests
        .computeIfAbsent(
            new Ending(call.operation(), how),
            ending ->
                Timer.builder("redoubt.llm.requests")
                    .description("Calls, from head to end")
                    .tag("route", ending.operation.path())
                    .tag("outcome", ending.how)
                    .register(metrics))
        .record(call.elapsed(), TimeUnit.NANOSECONDS);
  }

  private Timer timer(String name, String description) {
    return Timer.builder(name)
        .description(description)
        .publishPercentileHistogram()
        .register(metrics);
  }

  private static Context parent(RequestTrace trace) {
    return Context.root()
        .with(
            Span.wrap(
                SpanContext.createFromRemoteParent(
                    trace.traceId(),
                    trace.spanId(),
                    trace.sampled() ? TraceFlags.getSampled() : TraceFlags.getDefault(),
                    TraceState.getDefault())));
  }
}
