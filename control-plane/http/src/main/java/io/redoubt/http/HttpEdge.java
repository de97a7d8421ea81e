package io.redoubt.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.AttributeKey;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.ExceptionHandler;
import org.apache.pekko.http.javadsl.server.RejectionHandler;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/**
 * Wraps a server's whole route tree once: every request gets a place in a trace, every failure and
 * every rejection becomes a problem document, every answer is counted and, where somebody wants to
 * know, traced.
 */
public final class HttpEdge {
  private static final AttributeKey<Long> STARTED = AttributeKey.create("started", Long.class);
  private static final List<HttpHeader> SECURITY_HEADERS =
      List.of(RawHeader.create("X-Content-Type-Options", "nosniff"));

  private static final Tracer NOTHING = TracerProvider.noop().get("");

  private final String server;
  private final MeterRegistry metrics;
  private final @Nullable RequestSpans spans;
  private final ExceptionHandler exceptions = Problems.exceptionHandler();
  private final RejectionHandler rejections = Problems.rejectionHandler();
  private final Map<Integer, Timer> timers = new ConcurrentHashMap<>();

  /** An edge whose requests nobody traces, such as those of probes. */
  public HttpEdge(String server, MeterRegistry metrics) {
    this(server, metrics, NOTHING, _ -> Optional.empty());
  }

  /**
   * An edge.
   *
   * @param server a label in metrics, such as {@code agent} or {@code operator}
   * @param tracer of the requests' spans; one that does nothing costs nothing
   * @param templates the route that a path belongs to
   */
  public HttpEdge(
      String server,
      MeterRegistry metrics,
      Tracer tracer,
      Function<String, Optional<String>> templates) {
    this.server = server;
    this.metrics = metrics;
    this.spans = tracer.equals(NOTHING) ? null : new RequestSpans(tracer, templates);
  }

  public Route seal(Route inner) {
    Route guarded = Guarded.route(inner);
    Route handled =
        Directives.handleExceptions(
            exceptions, () -> Directives.handleRejections(rejections, () -> guarded));
    return Directives.mapRequest(
        this::begin,
        () ->
            Directives.extractRequest(request ->
                Directives.mapResponse(response -> end(request, response), () -> handled)));
  }

  private HttpRequest begin(HttpRequest request) {
    var trace = RequestTrace.continuing(request);
    HttpRequest placed =
        spans == null ? request.addAttribute(RequestTrace.KEY, trace) : spans.begin(request, trace);
    return placed.addAttribute(STARTED, System.nanoTime());
  }

  private HttpResponse end(HttpRequest request, HttpResponse response) {
    long started = request.getAttribute(STARTED).orElseGet(System::nanoTime);
    timer(response.status().intValue()).record(System.nanoTime() - started, TimeUnit.NANOSECONDS);
    HttpResponse ended = spans == null ? response : spans.end(request, response);
    return ended
        .addHeaders(SECURITY_HEADERS)
        .addHeader(RawHeader.create("traceparent", Requests.trace(request).traceparent()));
  }

  private Timer timer(int status) {
    return timers.computeIfAbsent(
        status,
        code ->
            Timer.builder("redoubt.http.requests")
                .description("Time to the head of the answer")
                .tag("server", server)
                .tag("status", Integer.toString(code))
                .publishPercentileHistogram()
                .register(metrics));
  }
}
