package io.redoubt.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.http.javadsl.model.AttributeKey;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.ExceptionHandler;
import org.apache.pekko.http.javadsl.server.RejectionHandler;
import org.apache.pekko.http.javadsl.server.Route;

/**
 * Wraps a server's whole route tree once: every request gets a place in a trace, every failure and
 * every rejection becomes a problem document, every answer is counted.
 */
public final class HttpEdge {
  private static final AttributeKey<Long> STARTED = AttributeKey.create("started", Long.class);
  private static final List<HttpHeader> SECURITY_HEADERS =
      List.of(RawHeader.create("X-Content-Type-Options", "nosniff"));

  private final String server;
  private final MeterRegistry metrics;
  private final ExceptionHandler exceptions = Problems.exceptionHandler();
  private final RejectionHandler rejections = Problems.rejectionHandler();
  private final Map<Integer, Timer> timers = new ConcurrentHashMap<>();

  /**
   * An edge.
   *
   * @param server a label in metrics, such as {@code agent} or {@code operator}
   */
  public HttpEdge(String server, MeterRegistry metrics) {
    this.server = server;
    this.metrics = metrics;
  }

  public Route seal(Route inner) {
    Route guarded = Guarded.route(inner);
    Route handled =
        Directives.handleExceptions(
            exceptions, () -> Directives.handleRejections(rejections, () -> guarded));
    return Directives.mapRequest(
        HttpEdge::begin,
        () ->
            Directives.extractRequest(request ->
                Directives.mapResponse(response -> end(request, response), () -> handled)));
  }

  private static HttpRequest begin(HttpRequest request) {
    return request
        .addAttribute(RequestTrace.KEY, RequestTrace.continuing(request))
        .addAttribute(STARTED, System.nanoTime());
  }

  private HttpResponse end(HttpRequest request, HttpResponse response) {
    long started = request.getAttribute(STARTED).orElseGet(System::nanoTime);
    timer(response.status().intValue()).record(System.nanoTime() - started, TimeUnit.NANOSECONDS);
    return response
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
