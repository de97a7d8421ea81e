package io.redoubt.http;

import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.Problem;
import java.util.List;
import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;

/** Answers requests that are no HTTP, or too large to be read, before any route sees them. */
public final class UnparsableRequests extends ParsingErrorHandler {

  @Override
  public HttpResponse handle(
      StatusCode status, ErrorInfo info, LoggingAdapter log, ServerSettings settings) {
    ErrorType type =
        switch (status.intValue()) {
          case 408 -> ErrorType.REQUEST_TIMEOUT;
          case 413 -> ErrorType.CONTENT_TOO_LARGE;
          case 414 -> ErrorType.URI_TOO_LONG;
          case 431 -> ErrorType.HEADERS_TOO_LARGE;
          default ->
              // Too many header lines come as a plain 400, told apart by the parser's words alone.
              info.summary().contains("configured limit of")
                  ? ErrorType.HEADERS_TOO_LARGE
                  : ErrorType.MALFORMED_REQUEST;
        };
    // The parser's own words may repeat what was sent; they stay out of the answer and of the log.
    var trace = RequestTrace.continuing(HttpRequest.create());
    return Replies.render(Problem.of(type, null, "/", trace.traceId()), List.of());
  }
}
