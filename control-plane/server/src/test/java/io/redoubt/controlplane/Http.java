package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.redoubt.protocol.json.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A caller of the server under test. Holds every answer against the API's description. */
final class Http {
  static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final String base;
  private final Map<String, String> headers;

  Http(String base, Map<String, String> headers) {
    this.base = base;
    this.headers = headers;
  }

  /** What comes of doing the same so many times at once. */
  static <T> List<T> atOnce(int times, Supplier<T> work) {
    return IntStream.range(0, times)
        .mapToObj(_ -> CompletableFuture.supplyAsync(work, Thread::startVirtualThread))
        .toList()
        .stream()
        .map(CompletableFuture::join)
        .toList();
  }

  Http with(String name, String value) {
    var more = new HashMap<>(headers);
    more.put(name, value);
    return new Http(base, more);
  }

  Reply get(String path) {
    return send("GET", path, null);
  }

  Reply post(String path) {
    return send("POST", path, null);
  }

  Reply post(String path, String json) {
    return send("POST", path, json);
  }

  Reply patch(String path, String json) {
    return send("PATCH", path, json);
  }

  Reply put(String path, String json) {
    return send("PUT", path, json);
  }

  Reply delete(String path) {
    return send("DELETE", path, null);
  }

  Reply form(String path, String form) {
    return with("content-type", "application/x-www-form-urlencoded").send("POST", path, form);
  }

  /** What the caller sends arrives only after something else has happened. */
  Reply postAfter(Runnable event, String path, String json) {
    // The server has looked at the head of the request when it says to go on.
    return send(
        path,
        request(path, true)
            .expectContinue(true)
            .POST(
                HttpRequest.BodyPublishers.ofInputStream(() -> {
                  event.run();
                  return new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8));
                }))
            .build());
  }

  Reply send(String method, String path, @Nullable String body) {
    return send(
        path,
        request(path, body != null)
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  private HttpRequest.Builder request(String path, boolean hasBody) {
    var request = HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(20));
    if (hasBody && !headers.containsKey("content-type")) {
      request.header("content-type", "application/json");
    }
    headers.forEach(request::header);
    return request;
  }

  private static Reply send(String path, HttpRequest request) {
    try {
      var response =
          CLIENT.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
      return checked(request.method(), path, response);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Reply checked(String method, String path, HttpResponse<String> response)
      throws IOException {
    String media =
        response.headers().firstValue("content-type").orElse("").replaceAll("[; ].*", "");
    JsonNode body =
        media.endsWith("json") && !media.contains("ndjson")
            ? Json.LENIENT.readTree(response.body())
            : MissingNode.getInstance();
    String plain = path.replaceAll("\\?.*", "");
    if (!media.contains("ndjson")) {
      assertThat(ApiDescription.complaints(method, plain, response.statusCode(), media, body))
          .as("%s %s answered %s: %s", method, path, response.statusCode(), response.body())
          .isEmpty();
    }
    assertThat(response.headers().firstValue("traceparent")).as("place in a trace").isPresent();
    return new Reply(response.statusCode(), response.headers(), response.body(), body);
  }
}
