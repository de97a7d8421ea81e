package io.redoubt.proxy.llm;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
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
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.redoubt.http.RequestTrace;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.proxy.decide.Refusal;
import io.redoubt.proxy.upstream.Destination;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;

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
  private static final AttributeKey<Long> PORT = AttributeKey.longKey("server.port");
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
  private static final AttributeKey<String> ACTION = AttributeKey.stringKey("redoubt.action.id");
  private static final AttributeKey<String> AGENT = AttributeKey.stringKey("redoubt.agent.id");

  /** Of models whose price is not known: their names are whatever a caller writes. */
  private static final String OTHER_MODELS = "other";

  /** Of operations that had none: a label that is empty is none. */
  private static final String NO_ERROR = "";

  /** The convention's: from 10 ms, each twice the one before, to 81.92 s. */
  private static final int BUCKETS = 14;

  private record Ending(LlmOperation operation, String how) {}

  private record Use(LlmOperation operation, String provider, String model, String type) {}

  private record Operation(LlmOperation of, String provider, String model, String error) {}

  private final MeterRegistry metrics;
  private final Tracer tracer;
  private final Map<Ending, Timer> requests = new ConcurrentHashMap<>();
  private final Map<Use, DistributionSummary> tokens = new ConcurrentHashMap<>();
  private final Map<Operation, Timer> operations = new ConcurrentHashMap<>();
  private final Timer added;
  private final Timer upstream;
  private final Counter unpriced;
  private final Counter unmetered;

  LlmTelemetry(MeterRegistry metrics, Tracer tracer) {
    this.metrics = metrics;
    this.tracer = tracer;
    this.added = timer("redoubt.llm.added", "From the request's head until it goes upstream");
    this.upstream = timer("redoubt.llm.upstream", "Until the head of the provider's reply");
    this.unpriced = metrics.counter("redoubt.llm.unpriced");
    this.unmetered = metrics.counter("redoubt.llm.unmetered");
  }

  /** Begun before anything goes out: the provider is told of it. */
  Span begin(LlmCall call, Admission.Admitted admitted) {
    added.record(call.elapsed(), TimeUnit.NANOSECONDS);
    return tracer
        .spanBuilder(call.operation().genAiName() + " " + admitted.facts().model())
        .setParent(parent(call))
        .setSpanKind(SpanKind.CLIENT)
        .setAttribute(OPERATION, call.operation().genAiName())
        .setAttribute(PROVIDER, admitted.provider().kind().wire())
        .setAttribute(MODEL, admitted.facts().model())
        .setAttribute(SERVER, String.valueOf(admitted.provider().baseUrl().getHost()))
        .setAttribute(PORT, (long) Destination.of(admitted.provider()).port())
        .setAttribute(ACTION, call.action().toString())
        .setAttribute(AGENT, admitted.agent().claims().agent().toString())
        .startSpan();
  }

  /** The span's place in its trace (W3C Trace Context), for a request's head. */
  static List<HttpHeader> contextOf(Span span) {
    var lines = new ArrayList<HttpHeader>(2);
    W3CTraceContextPropagator.getInstance()
        .inject(
            Context.root().with(span),
            lines,
            (to, name, value) -> {
              if (to != null) {
                to.add(RawHeader.create(name, value));
              }
            });
    return lines;
  }

  void replied(long nanos) {
    upstream.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** Of a call that did not go out; that it was refused is counted where it is answered. */
  void notSent(Span span, Refusal why) {
    span.setStatus(StatusCode.ERROR);
    span.setAttribute(ERROR, why.code());
    span.end();
  }

  /**
   * Of a call that went out.
   *
   * @param price null: none is known of its model
   * @param nanos since it went out
   */
  void end(
      LlmCall call,
      Admission.Admitted admitted,
      @Nullable Price price,
      Span span,
      long nanos,
      Outcome outcome) {
    String provider = admitted.provider().kind().wire();
    String model = price == null ? OTHER_MODELS : price.model();
    String error = NO_ERROR;
    var usage = outcome.usage();
    if (usage != null) {
      // The convention counts what came from a cache as input.
      long input = usage.inputTokens() + usage.cacheReadTokens() + usage.cacheWriteTokens();
      span.setAttribute(INPUT, input);
      span.setAttribute(OUTPUT, usage.outputTokens());
      used(new Use(call.operation(), provider, model, "input"), input);
      used(new Use(call.operation(), provider, model, "output"), usage.outputTokens());
    }
    if (outcome.status() != Outcome.Status.SUCCEEDED) {
      error = String.valueOf(outcome.error());
      span.setStatus(StatusCode.ERROR);
      span.setAttribute(ERROR, error);
    }
    span.end();
    took(new Operation(call.operation(), provider, model, error), nanos);
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

  private void used(Use use, long count) {
    tokens
        .computeIfAbsent(
            use,
            of ->
                DistributionSummary.builder("gen_ai.client.token.usage")
                    .description("Tokens that calls used, as their replies say")
                    .baseUnit("tokens")
                    .tag(OPERATION.getKey(), of.operation.genAiName())
                    .tag(PROVIDER.getKey(), of.provider)
                    .tag(MODEL.getKey(), of.model)
                    .tag("gen_ai.token.type", of.type)
                    .register(metrics))
        .record((double) count);
  }

  private void took(Operation operation, long nanos) {
    operations
        .computeIfAbsent(
            operation,
            it ->
                Timer.builder("gen_ai.client.operation.duration")
                    .description("From when a call goes to its provider to the end of the reply")
                    .tag(OPERATION.getKey(), it.of.genAiName())
                    .tag(PROVIDER.getKey(), it.provider)
                    .tag(MODEL.getKey(), it.model)
                    .tag(ERROR.getKey(), it.error)
                    .serviceLevelObjectives(
                        IntStream.range(0, BUCKETS)
                            .mapToObj(i -> Duration.ofMillis(10L << i))
                            .toArray(Duration[]::new))
                    .register(metrics))
        .record(nanos, TimeUnit.NANOSECONDS);
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

  private static Context parent(LlmCall call) {
    var trace = call.trace();
    return Context.root()
        .with(
            Span.wrap(
                SpanContext.createFromRemoteParent(
                    trace.traceId(),
                    trace.spanId(),
                    trace.sampled() ? TraceFlags.getSampled() : TraceFlags.getDefault(),
                    state(call.request(), trace))));
  }

  /** What other systems have said of the trace; it is theirs, and goes on with it. */
  private static TraceState state(HttpRequest request, RequestTrace trace) {
    if (trace.parentSpanId().isEmpty()) {
      return TraceState.getDefault(); // of no trace that we know
    }
    var entries = new ArrayList<String>(0);
    for (HttpHeader header : request.getHeaders()) {
      if (header.is("tracestate")) {
        entries.addAll(List.of(header.value().split(",", -1)));
      }
    }
    // What is put last comes first; what does not have the form is left out.
    var state = TraceState.builder();
    for (String entry : entries.reversed()) {
      int equals = entry.indexOf('=');
      if (equals > 0) {
        state.put(entry.substring(0, equals).strip(), entry.substring(equals + 1).strip());
      }
    }
    return state.build();
  }
}
