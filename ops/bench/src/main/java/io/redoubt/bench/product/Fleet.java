package io.redoubt.bench.product;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Agents made over the product's own surface: created, and bootstrapped where they are to act. */
public final class Fleet {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int AT_ONCE = 8;
  private static final int ATTEMPTS = 20;

  private Fleet() {}

  /** What an agent holds after its bootstrap. */
  public record Identity(String agent, String accessToken, String refreshToken) {
    @Override
    public String toString() {
      return "Identity[" + agent + ", ***]";
    }
  }

  /** Creates agents; they are not bootstrapped. */
  public static List<OperatorApi.NewAgent> create(OperatorApi api, String prefix, int count)
      throws IOException, InterruptedException {
    return all(count, i -> api.createAgent(prefix + "-" + i));
  }

  /** Creates agents and bootstraps each. */
  public static List<Identity> enrol(Product product, OperatorApi api, String prefix, int count)
      throws IOException, InterruptedException {
    try (var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      return all(count, i -> bootstrap(http, product.node(i), api.createAgent(prefix + "-" + i)));
    }
  }

  /** Bootstraps one agent. */
  public static Identity bootstrap(RuntimeFile.Node node, OperatorApi.NewAgent agent)
      throws IOException, InterruptedException {
    try (var http = HttpClient.newHttpClient()) {
      return bootstrap(http, node, agent);
    }
  }

  private static Identity bootstrap(
      HttpClient http, RuntimeFile.Node node, OperatorApi.NewAgent agent)
      throws IOException, InterruptedException {
    return granted(
        http, node, "bootstrap", agent.id(), Map.of("bootstrap_token", agent.bootstrapToken()));
  }

  /** Gives each of them the next tokens: an access token is good for five minutes. */
  public static List<Identity> renew(Product product, List<Identity> agents)
      throws IOException, InterruptedException {
    try (var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      return all(
          agents.size(),
          i -> {
            var agent = agents.get(i);
            return granted(
                http,
                product.node(i),
                "refresh",
                agent.agent(),
                Map.of("refresh_token", agent.refreshToken()));
          });
    }
  }

  private static Identity granted(
      HttpClient http, RuntimeFile.Node node, String how, String agent, Map<String, String> token)
      throws IOException, InterruptedException {
    byte[] body = Json.write(token);
    for (int attempt = 0; ; attempt++) {
      var request =
          HttpRequest.newBuilder(node.agentUrl().resolve("/v1/agent/" + how))
              .header("Content-Type", "application/json")
              .timeout(LIMIT)
              .POST(HttpRequest.BodyPublishers.ofByteArray(body))
              .build();
      HttpResponse<String> reply = http.send(request, HttpResponse.BodyHandlers.ofString());
      if (reply.statusCode() == 200) {
        JsonNode answer = Json.LENIENT.readTree(reply.body());
        return new Identity(
            agent, answer.path("access_token").asText(), answer.path("refresh_token").asText());
      }
      boolean later = reply.statusCode() == 503 || reply.statusCode() == 429;
      if (!later || attempt == ATTEMPTS) {
        throw new IOException(how + " → " + reply.statusCode() + " " + reply.body());
      }
      Thread.sleep(Duration.ofSeconds(reply.headers().firstValueAsLong("retry-after").orElse(1)));
    }
  }

  private interface Step<T> {
    T run(int index) throws IOException, InterruptedException;
  }

  /** Runs a step for each number, a few at once. */
  private static <T> List<T> all(int count, Step<T> step) throws IOException, InterruptedException {
    try (var threads = Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().factory())) {
      var steps = new ArrayList<Callable<T>>();
      for (int i = 0; i < count; i++) {
        int index = i;
        steps.add(() -> step.run(index));
      }
      var results = new ArrayList<T>();
      for (Future<T> result : threads.invokeAll(steps)) {
        results.add(result.get());
      }
      return List.copyOf(results);
    } catch (ExecutionException e) {
      throw new IOException("setting up agents", e.getCause());
    }
  }
}
