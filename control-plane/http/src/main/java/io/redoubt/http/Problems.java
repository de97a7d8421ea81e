package io.redoubt.http;

import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.Problem;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.problem.TemporarilyUnavailable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.ExceptionHandler;
import org.apache.pekko.http.javadsl.server.MethodRejection;
import org.apache.pekko.http.javadsl.server.Rejection;
import org.apache.pekko.http.javadsl.server.RejectionHandler;
import org.apache.pekko.http.javadsl.server.RequestEntityExpectedRejection;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.http.javadsl.server.UnacceptedResponseContentTypeRejection;
import org.apache.pekko.http.javadsl.server.UnsupportedRequestContentTypeRejection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns whatever went wrong into a problem document (RFC 9457). Nothing internal leaves in one. */
final class Problems {
  private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

  private Problems() {}

  static ExceptionHandler exceptionHandler() {
    return ExceptionHandler.newBuilder().matchAny(Problems::route).build();
  }

  static RejectionHandler rejectionHandler() {
    return RejectionHandler.newBuilder()
        .handleNotFound(route(ProblemException.of(ErrorType.NOT_FOUND)))
        .handleAll(MethodRejection.class, Problems::methodNotAllowed)
        .handleAll(
            UnsupportedRequestContentTypeRejection.class,
            _ -> route(ProblemException.of(ErrorType.UNSUPPORTED_MEDIA_TYPE)))
        .handleAll(
            UnacceptedResponseContentTypeRejection.class,
            _ -> route(ProblemException.of(ErrorType.NOT_ACCEPTABLE)))
        .handle(
            RequestEntityExpectedRejection.class,
            _ -> route(ProblemException.of(ErrorType.MALFORMED_REQUEST, "A body is needed.")))
        .handleAll(Rejection.class, _ -> route(ProblemException.of(ErrorType.MALFORMED_REQUEST)))
        .build();
  }

  private static Route methodNotAllowed(List<MethodRejection> rejections) {
    String allow =
        rejections.stream()
            .map(rejection -> rejection.supported().name())
            .distinct()
            .collect(Collectors.joining(", "));
    return Directives.extractRequest(request ->
        Directives.complete(
            response(
                request,
                ProblemException.of(ErrorType.METHOD_NOT_ALLOWED),
                List.of(RawHeader.create("Allow", allow)))));
  }

  static Route route(Throwable failure) {
    return Directives.extractRequest(
        request -> Directives.complete(response(request, asProblem(request, failure), List.of())));
  }

  private static HttpResponse response(
      HttpRequest request, ProblemException problem, List<HttpHeader> headers) {
    return response(request, problem, Map.of(), headers);
  }

  static HttpResponse response(
      HttpRequest request,
      ProblemException problem,
      Map<String, Object> members,
      List<HttpHeader> headers) {
    var all = new ArrayList<HttpHeader>(headers);
    switch (problem.type()) {
      case STEP_UP_NEEDED ->
          problem.maxAgeSeconds().ifPresent(seconds -> all.add(challenge(seconds)));
      // RFC 9449 §7.1
      case PROOF_OF_POSSESSION_INVALID ->
          all.add(RawHeader.create("WWW-Authenticate", "DPoP algs=\"ES256\""));
      // RFC 9110 §15.5.2: no 401 without one
      case CREDENTIAL_MISSING, CREDENTIAL_INVALID, BOOTSTRAP_TOKEN_INVALID, REFRESH_TOKEN_INVALID ->
          all.add(RawHeader.create("WWW-Authenticate", "Bearer"));
      // Whoever is not told when to come back comes back at once.
      case RATE_LIMITED, UNAVAILABLE ->
          all.add(Replies.retryAfter(problem.retryAfterSeconds().orElse(1)));
      case REQUEST_TIMEOUT -> all.add(RawHeader.create("Connection", "close"));
      default ->
          problem.retryAfterSeconds().ifPresent(seconds -> all.add(Replies.retryAfter(seconds)));
    }
    return Replies.render(
        Problem.of(
                problem.type(),
                problem.getMessage(),
                request.getUri().path(),
                Requests.trace(request).traceId())
            .withErrors(problem.errors())
            .with(members),
        all);
  }

  /** RFC 9470 §3: what a client reads to know that proving itself again would help. */
  private static HttpHeader challenge(int maxAgeSeconds) {
    return RawHeader.create(
        "WWW-Authenticate",
        "Bearer error=\"insufficient_user_authentication\","
            + " error_description=\"A more recent authentication is required\","
            + " max_age=\""
            + maxAgeSeconds
            + "\"");
  }

  private static ProblemException asProblem(HttpRequest request, Throwable failure) {
    Throwable cause = unwrap(failure);
    return switch (cause) {
      case ProblemException problem -> problem;
      case TimeoutException _ ->
          ProblemException.retryAfter(ErrorType.UNAVAILABLE, "No answer in time; try again.", 1);
      case TemporarilyUnavailable unavailable ->
          ProblemException.retryAfter(
              ErrorType.UNAVAILABLE,
              "A part of the service cannot be reached; try again.",
              unavailable.retryAfterSeconds());
      default -> {
        LOG.error(
            "Request {} {} failed; trace {}",
            request.method().name(),
            request.getUri().path(),
            Requests.trace(request).traceId(),
            cause);
        yield ProblemException.of(ErrorType.INTERNAL);
      }
    };
  }

  static Throwable unwrap(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
