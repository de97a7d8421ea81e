package io.redoubt.http;

import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.Problem;
import io.redoubt.protocol.problem.ProblemException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.CacheControl;
import org.apache.pekko.http.javadsl.model.headers.CacheDirectives;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;

/** How a route answers. Nothing that Redoubt answers may be kept by a cache. */
public final class Replies {
  static final ContentType PROBLEM_JSON =
      ContentTypes.create(
          MediaTypes.applicationWithFixedCharset("problem+json", HttpCharsets.UTF_8));
  private static final HttpHeader NO_STORE = CacheControl.create(CacheDirectives.NO_STORE);

  private Replies() {}

  /** Answers with a value as JSON. */
  public static Route json(int status, Object body) {
    return json(status, body, List.of());
  }

  /** Answers with a value as JSON and further headers. */
  public static Route json(int status, Object body, Iterable<HttpHeader> headers) {
    var all = new ArrayList<HttpHeader>();
    all.add(NO_STORE);
    headers.forEach(all::add);
    return Directives.complete(
        HttpResponse.create()
            .withStatus(StatusCodes.get(status))
            .addHeaders(all)
            .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, Json.write(body))));
  }

  /** Answers as the route that comes later will; a failure becomes a problem document. */
  public static Route async(CompletionStage<Route> later) {
    // A failure is made an answer first: Pekko would throw an error's cause where nobody catches
    // it.
    return Directives.onSuccess(
        later.handle(
            (route, failure) -> failure == null ? Guarded.route(route) : Problems.route(failure)),
        route -> route);
  }

  /** Answers with a problem document. */
  public static Route problem(ProblemException problem) {
    return Problems.route(problem);
  }

  /**
   * A problem document as an answer to a request.
   *
   * @param members what is told beside the usual ones (RFC 9457 §3.2)
   */
  public static HttpResponse problem(
      HttpRequest request,
      ProblemException problem,
      Map<String, Object> members,
      List<HttpHeader> headers) {
    return Problems.response(request, problem, members, headers);
  }

  /** Renders a problem document outside a route. */
  static HttpResponse render(Problem problem, List<HttpHeader> headers) {
    return HttpResponse.create()
        .withStatus(StatusCodes.get(problem.status()))
        .addHeader(NO_STORE)
        .addHeaders(headers)
        .withEntity(HttpEntities.create(PROBLEM_JSON, Json.write(problem)));
  }

  /** What a request hears that is under way when its server ends: somebody else may answer it. */
  static HttpResponse stopping(HttpRequest request) {
    return problem(
        request,
        ProblemException.retryAfter(ErrorType.UNAVAILABLE, "This server is stopping.", 1),
        Map.of(),
        List.of());
  }

  /** What a sender hears who does not come to the end of a request's head (RFC 9110 §15.5.9). */
  static HttpResponse tooSlow() {
    var trace = RequestTrace.continuing(HttpRequest.create());
    return render(Problem.of(ErrorType.REQUEST_TIMEOUT, null, "/", trace.traceId()), List.of());
  }

  static HttpHeader retryAfter(int seconds) {
    return RawHeader.create("Retry-After", Integer.toString(seconds));
  }
}
