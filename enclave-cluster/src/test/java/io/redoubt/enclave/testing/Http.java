package io.redoubt.enclave.testing;

import io.redoubt.protocol.json.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** HTTP as a client without any help from us speaks it. */
public final class Http {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private Http() {}

  public static Answer get(URI uri, String... headers) {
    return send(request(uri, headers).GET().build());
  }

  public static Answer post(URI uri, Object body, String... headers) {
    return post(uri, Json.write(body), "application/json", headers);
  }

  public static Answer post(URI uri, byte[] body, String mediaType, String... headers) {
    return send(
        request(uri, headers)
            .header("Content-Type", mediaType)
            .POST(BodyPublishers.ofByteArray(body))
            .build());
  }

  /** What the caller sends arrives only after something else has happened. */
  public static Answer postAfter(Runnable event, URI uri, Object body, String... headers) {
    return send(
        request(uri, headers)
            .header("Content-Type", "application/json")
            // The server has looked at the head of the request when it says to go on.
            .expectContinue(true)
            .POST(
                BodyPublishers.ofInputStream(() -> {
                  event.run();
                  return new ByteArrayInputStream(Json.write(body));
                }))
            .build());
  }

  public static Answer send(HttpRequest request) {
    try {
      var response = CLIENT.send(request, BodyHandlers.ofString());
      return new Answer(
          request.method(),
          request.uri().getPath(),
          response.statusCode(),
          response.headers(),
          response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  static LiveReply stream(URI uri, String body, String... headers) {
    try {
      var response =
          CLIENT.send(
              request(uri, headers)
                  .header("Content-Type", "application/json")
                  .POST(BodyPublishers.ofString(body))
                  .build(),
              BodyHandlers.ofInputStream());
      return new LiveReply(response.statusCode(), response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  public static HttpRequest.Builder request(URI uri, String... headers) {
    var builder = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20));
    return headers.length == 0 ? builder : builder.headers(headers);
  }
}
