package io.redoubt.standalone.tour;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** HTTP as a client without any SDK speaks it. */
final class Wire {
  /** What came back. */
  record Answer(int status, String body, HttpResponse<?> response) {
    JsonNode json() {
      try {
        return Json.LENIENT.readTree(body);
      } catch (IOException e) {
        throw new UncheckedIOException(body, e);
      }
    }

    String header(String name) {
      return response.headers().firstValue(name).orElse("");
    }
  }

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  Answer get(URI url, String... headers) {
    return send(request(url, headers).build());
  }

  Answer post(URI url, String body, String... headers) {
    return send(posting(url, body, headers));
  }

  /** A reply whose body has only begun. */
  HttpResponse<InputStream> open(URI url, String body, String... headers)
      throws IOException, InterruptedException {
    return http.send(posting(url, body, headers), HttpResponse.BodyHandlers.ofInputStream());
  }

  private static HttpRequest posting(URI url, String body, String... headers) {
    return request(url, headers)
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  private static HttpRequest.Builder request(URI url, String... headers) {
    var builder = HttpRequest.newBuilder(url).timeout(LIMIT);
    return headers.length == 0 ? builder : builder.headers(headers);
  }

  private Answer send(HttpRequest request) {
    try {
      var response = http.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
      return new Answer(response.statusCode(), response.body(), response);
    } catch (IOException e) {
      throw new UncheckedIOException(request.uri().toString(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }
}
