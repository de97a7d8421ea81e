package io.redoubt.http;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.RemoteAddress;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.util.ByteString;

/** One server span for each request (OpenTelemetry's semantic conventions for HTTP spans). */
final class RequestSpans {
  private static final org.apache.pekko.http.javadsl.model.AttributeKey<Span> SPAN =
      org.apache.pekko.http.javadsl.model.AttributeKey.create("span", Span.class);
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");
  private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
  private static final AttributeKey<String> ROUTE = AttributeKey.stringKey("http.route");
  private static final AttributeKey<String> PATH = AttributeKey.stringKey("url.path");
  private static final AttributeKey<String> SCHEME = AttributeKey.stringKey("url.scheme");
  private static final AttributeKey<String> CLIENT = AttributeKey.stringKey("client.address");
  private static final AttributeKey<Long> STATUS =
      AttributeKey.longKey("http.response.status_code");
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");

  private final Tracer tracer;
  private final Function<String, Optional<String>> templates;

  /**
   * Spans of a server.
   *
   * @param templates the route that a path belongs to
   */
  RequestSpans(Tracer tracer, Function<String, Optional<String>> templates) {
    this.tracer = tracer;
    this.templates = templates;
  }

  /** The request within its span, whose place in the trace is the request's from now on. */
  HttpRequest begin(HttpRequest request, RequestTrace trace) {
    String method = request.method().name();
    String known = METHODS.contains(method) ? method : "_OTHER";
    String path = request.getUri().path();
    Optional<String> route = templates.apply(path);
    String subject = known.equals("_OTHER") ? "HTTP" : known;
    var builder =
        tracer
            .spanBuilder(route.map(it -> subject + " " + it).orElse(subject))
            .setParent(parent(trace))
            .setSpanKind(SpanKind.SERVER)
            .setAttribute(METHOD, known)
            .setAttribute(PATH, path)
            .setAttribute(SCHEME, request.getUri().getScheme());
    route.ifPresent(it -> builder.setAttribute(ROUTE, it));
    request
        .getAttribute(AttributeKeys.remoteAddress)
        .flatMap(RemoteAddress::getAddress)
        .ifPresent(address -> builder.setAttribute(CLIENT, address.getHostAddress()));
    Span span = builder.startSpan();
    SpanContext context = span.getSpanContext();
    return request
        .addAttribute(SPAN, span)
        .addAttribute(
            RequestTrace.KEY,
            new RequestTrace(
                context.getTraceId(),
                trace.parentSpanId(),
                context.getSpanId(),
                context.isSampled()));
  }

  /** Ends the span with the answer: what is streamed is part of it, to its end or its client's. */
  HttpResponse end(HttpRequest request, HttpResponse response) {
    Span span = request.getAttribute(SPAN).orElseGet(Span::getInvalid);
    int status = response.status().intValue();
    span.setAttribute(STATUS, (long) status);
    if (status >= 500) {
      span.setStatus(StatusCode.ERROR);
      span.setAttribute(ERROR, Integer.toString(status));
    }
    if (response.entity() instanceof HttpEntity.Strict || !span.isRecording()) {
      span.end();
      return response;
    }
    // An answer that nobody takes is not streamed, and so never ends by itself.
    request
        .getAttribute(HttpServer.CLIENT_GONE)
        .ifPresent(gone -> {
          var _ = gone.whenComplete((_, _) -> span.end());
        });
    return response.transformEntityDataBytes(
        Flow.of(ByteString.class)
            .watchTermination((mat, done) -> {
              var _ = done.whenComplete((_, _) -> span.end());
              return mat;
            }));
  }

  /** The caller's span; without one the trace begins here. */
  private static Context parent(RequestTrace trace) {
    return trace.parentSpanId().isEmpty()
        ? Context.root()
        : Context.root()
            .with(
                Span.wrap(
                    SpanContext.createFromRemoteParent(
                        trace.traceId(),
                        trace.parentSpanId(),
                        trace.sampled() ? TraceFlags.getSampled() : TraceFlags.getDefault(),
                        TraceState.getDefault())));
  }
}
