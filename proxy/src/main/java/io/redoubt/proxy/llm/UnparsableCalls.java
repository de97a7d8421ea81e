package io.redoubt.proxy.llm;

import io.redoubt.protocol.id.ActionId;
import io.redoubt.proxy.decide.Marks;
import io.redoubt.proxy.decide.Refusal;
import java.time.InstantSource;
import java.util.ArrayList;
import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;

/**
 * Answers callers of models whose requests are no HTTP, or too large to be read: as SDKs expect it,
 * and marked as every answer of the acting endpoint is. Which provider's style is meant nobody
 * knows without the request's line. Made by Pekko, by its name.
 */
public final class UnparsableCalls extends ParsingErrorHandler {

  @Override
  public HttpResponse handle(
      StatusCode status, ErrorInfo info, LoggingAdapter log, ServerSettings settings) {
    Refusal refusal =
        switch (status.intValue()) {
          case 408 -> Refusal.BODY_TOO_SLOW;
          case 413 -> Refusal.BODY_TOO_LARGE;
          case 414 -> Refusal.URI_TOO_LONG;
          case 431 -> Refusal.HEADERS_TOO_LARGE;
          default ->
              // Too many header lines come as a plain 400, told apart by the parser's words alone.
              info.summary().contains("configured limit of")
                  ? Refusal.HEADERS_TOO_LARGE
                  : Refusal.REQUEST_MALFORMED;
        };
    // The parser's own words may repeat what was sent; they stay out of the answer and of the log.
    return answer(refusal);
  }

  /** What is answered in either style, and marked. */
  static HttpResponse answer(Refusal refusal) {
    var headers = new ArrayList<HttpHeader>();
    Marks.add(headers, Marks.DENY, ActionId.next(InstantSource.system()));
    return HttpResponse.create()
        .withStatus(refusal.status())
        .withHeaders(headers)
        .withEntity(
            HttpEntities.create(ContentTypes.APPLICATION_JSON, Envelopes.ofEitherStyle(refusal)));
  }
}
