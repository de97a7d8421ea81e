package io.redoubt.controlplane.channel;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Calls to others' servers: no redirects, an answer of bounded size within bounded time, head and
 * body together. Blocking, for virtual threads.
 */
final class HttpCaller implements AutoCloseable {
  private static final int MAX_ANSWER_BYTES = 256 * 1024;

  /** However long another server asks to be left alone. */
  private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

  private static final Duration PAUSE_UNSAID = Duration.ofSeconds(30);
  private static final int TOO_MANY = 429;

  private final HttpClient http;
  private final Addresses addresses;
  private final Duration timeout;

  HttpCaller(Addresses addresses, Duration timeout) {
    this.addresses = addresses;
    this.timeout = timeout;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(timeout)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
  }

  /** The text of an answer of 2xx. */
  Outcome<String> call(HttpRequest request) throws InterruptedException {
    var refusal = addresses.refusal(request.uri());
    if (refusal.isPresent()) {
      return new Outcome.Later<>(refusal.get(), false, Duration.ZERO);
    }
    var whole = HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8);
    var sent = http.sendAsync(request, HttpResponse.BodyHandlers.limiting(whole, MAX_ANSWER_BYTES));
    try {
      return read(sent.get(timeout.toMillis(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException _) {
      sent.cancel(true);
      return new Outcome.Later<>("no answer in time", true, Duration.ZERO);
    } catch (InterruptedException e) {
      sent.cancel(true);
      throw e;
    } catch (ExecutionException e) {
      return broken(e.getCause());
    }
  }

  private static Outcome<String> broken(@Nullable Throwable why) {
    boolean neverLeft =
        why instanceof ConnectException || why instanceof HttpConnectTimeoutException;
    // A name only: what a message quotes is not ours to keep.
    return new Outcome.Later<>(
        why instanceof IOException ? why.getClass().getSimpleName() : "failed",
        !neverLeft,
        Duration.ZERO);
  }

  private static Outcome<String> read(HttpResponse<String> response) {
    int status = response.statusCode();
    if (status / 100 == 2) {
      return new Outcome.Done<>(response.body());
    }
    if (status == TOO_MANY) {
      return new Outcome.Later<>("rate limited", false, pause(response));
    }
    return status >= 500 || status == 408
        ? new Outcome.Later<>(
            "status " + status,
            true,
            response.headers().firstValue("retry-after").isPresent()
                ? pause(response)
                : Duration.ZERO)
        : new Outcome.Refused<>("status " + status);
  }

  private static Duration pause(HttpResponse<?> response) {
    var said =
        response
            .headers()
            .firstValue("retry-after")
            .filter(text -> text.matches("[0-9]{1,6}"))
            .map(text -> Duration.ofSeconds(Math.max(1, Long.parseLong(text))))
            .orElse(PAUSE_UNSAID);
    return said.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : said;
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
