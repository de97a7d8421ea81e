package io.redoubt.bench.scenario;

import io.redoubt.bench.product.Fleet;
import io.redoubt.bench.product.RuntimeFile;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;

/** Model calls that people have to approve first, as agents make them. */
final class Pleas implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();

  /** One call, the same each time for an agent, a model and what it is about. */
  record Plea(RuntimeFile.Node node, Fleet.Identity agent, String model, String about) {}

  /** Asks, and answers the request that waits for people. */
  String ask(Plea plea) throws IOException, InterruptedException {
    var reply = send(plea, 0);
    return reply
        .headers()
        .firstValue("x-redoubt-approval")
        .filter(_ -> reply.statusCode() == 403)
        .orElseThrow(
            () -> new IOException("nobody is asked: " + reply.statusCode() + " " + reply.body()));
  }

  /** Asks, and waits so long until it passes. */
  void waitFor(Plea plea, int seconds) throws IOException, InterruptedException {
    var reply = send(plea, seconds);
    if (reply.statusCode() != 200) {
      throw new IOException("it did not pass: " + reply.statusCode() + " " + reply.body());
    }
  }

  private HttpResponse<String> send(Plea plea, int wait) throws IOException, InterruptedException {
    byte[] body =
        Json.write(
            Map.of(
                "model",
                plea.model(),
                "max_tokens",
                256,
                "messages",
                List.of(Map.of("role", "user", "content", plea.about()))));
    var request =
        HttpRequest.newBuilder(plea.node().actingUrl().resolve("/v1/messages"))
            .header("Authorization", "Bearer " + plea.agent().accessToken())
            .header("Content-Type", "application/json")
            .header("Prefer", "wait=" + wait)
            .timeout(LIMIT)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
