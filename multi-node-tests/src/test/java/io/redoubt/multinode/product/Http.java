package io.redoubt.multinode.product;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Plain HTTP/1.1 that never repeats a request by itself. */
public final class Http implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(2);

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT)
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();
  private final Duration limit;

  /**
   * A client.
   *
   * @param limit for a whole answer
   */
  Http(Duration limit) {
    this.limit = limit;
  }

  /** Sends and reads the answer whole. */
  public Attempt attempt(
      String method, URI uri, Map<String, String> headers, @Nullable String body) {
    try {
      var request = request(method, uri, headers, body).timeout(limit).build();
      var response = client.send(request, HttpResponse.BodyHandlers.ofString());
      return new Attempt.Answered(
          new Reply(response.statusCode(), response.headers(), response.body()));
    } catch (IOException e) {
      return failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Attempt.Lost(e.toString());
    }
  }

  /** What became of a request that has no answer. */
  static Attempt failed(IOException why) {
    return why instanceof ConnectException || why instanceof HttpConnectTimeoutException
        ? new Attempt.NotSent(why.toString())
        : new Attempt.Lost(why.toString());
  }

  /** Sends, and hands out the answer's head and its body as it comes; without a time limit. */
  HttpResponse<InputStream> open(String method, URI uri, Map<String, String> headers, String body)
      throws IOException, InterruptedException {
    return client.send(
        request(method, uri, headers, body).build(), HttpResponse.BodyHandlers.ofInputStream());
  }

  private static HttpRequest.Builder request(
      String method, URI uri, Map<String, String> headers, @Nullable String body) {
    var request =
        HttpRequest.newBuilder(uri)
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (body != null && !headers.containsKey("Content-Type")) {
      request.header("Content-Type", "application/json");
    }
    headers.forEach(request::header);
    return request;
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
