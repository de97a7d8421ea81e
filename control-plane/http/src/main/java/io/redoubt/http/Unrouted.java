package io.redoubt.http;

import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/**
 * What a server answers where no route is asked.
 *
 * @param stopping to requests that are still under way when {@link HttpServer#stop} cuts them
 * @param tooSlow to whoever began a request's head and did not end it in time, with a whole body
 * @param unparsable to what is no request; made by Pekko, by its name
 */
public record Unrouted(
    Function<HttpRequest, HttpResponse> stopping,
    Supplier<HttpResponse> tooSlow,
    Class<? extends ParsingErrorHandler> unparsable) {
  static final Unrouted PROBLEMS =
      new Unrouted(Replies::stopping, Replies::tooSlow, UnparsableRequests.class);
}
