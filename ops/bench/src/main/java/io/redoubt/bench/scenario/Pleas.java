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
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Calls that people have to approve first, as agents make them. */
final class Pleas implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private static final Pattern APPROVAL = Pattern.compile("apr_[0-9a-f]+");

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();

  /** What is asked for. */
  enum Plane {
    /** Calls of models. */
    MODEL("/v1/messages", "io.redoubt.proxy.llm.LlmCall"),
    /** Calls of tools in streamed replies, which are held meanwhile. */
    TOOL_CALL("/v1/messages", "io.redoubt.proxy.llm.LlmCall"),
    /** Operations of the connector {@code bench}. */
    OPERATION("/v1/execute", "io.redoubt.proxy.tools.Execution");

    private final String path;
    private final String call;

    Plane(String path, String call) {
      this.path = path;
      this.call = call;
    }

    /** The class of which there is one for each caller that waits. */
    String call() {
      return call;
    }

    /** What has the calls of that name approved by a workflow. */
    String policy(String workflow, String name) {
      return switch (this) {
        case MODEL -> policy(workflow, "llm:generate", "Model::\"%s\"".formatted(name));
        case TOOL_CALL -> policy(workflow, "tool:call", "Tool::\"%s\"".formatted(name));
        case OPERATION ->
            policy(workflow, "connector:read", "Operation::\"bench/%s\"".formatted(name));
      };
    }

    private static String policy(String workflow, String action, String resource) {
      return """
      @escalate("%s")
      forbid (principal, action == Action::"%s", resource == %s)
      unless { context has approval };
      """
          .formatted(workflow, action, resource);
    }

    private Map<String, Object> body(String name, String about) {
      return switch (this) {
        case MODEL ->
            Map.of(
                "model",
                name,
                "max_tokens",
                256,
                "messages",
                List.of(Map.of("role", "user", "content", about)));
        case TOOL_CALL ->
            Map.of(
                "model",
                "bench",
                "max_tokens",
                256,
                "stream",
                true,
                "bench_tool",
                name,
                "bench_about",
                about,
                "messages",
                List.of(Map.of("role", "user", "content", "go on")));
        case OPERATION ->
            Map.of("connector", "bench", "operation", name, "parameters", Map.of("about", about));
      };
    }

    private Optional<String> approval(HttpResponse<String> reply) throws IOException {
      return switch (this) {
        case MODEL ->
            reply.headers().firstValue("x-redoubt-approval").filter(_ -> reply.statusCode() == 403);
        // What stands in the place of the call names it, for the agent.
        case TOOL_CALL ->
            Optional.of(APPROVAL.matcher(reply.body())).filter(Matcher::find).map(Matcher::group);
        case OPERATION ->
            reply.statusCode() == 202
                ? Optional.of(Json.LENIENT.readTree(reply.body()).path("approval_id").asText())
                : Optional.empty();
      };
    }
  }

  private static boolean passed(Plea plea, HttpResponse<String> reply) {
    return reply.statusCode() == 200
        && (plea.plane != Plane.TOOL_CALL || reply.body().contains("\"tool_use\""));
  }

  /**
   * One call, the same each time for an agent, a name and what it is about.
   *
   * @param name of a model, or of an operation
   */
  record Plea(
      RuntimeFile.Node node, Fleet.Identity agent, Plane plane, String name, String about) {}

  /** Asks, and answers the request that waits for people. */
  String ask(Plea plea) throws IOException, InterruptedException {
    var reply = send(plea, 0);
    return plea.plane
        .approval(reply)
        .orElseThrow(
            () -> new IOException("nobody is asked: " + reply.statusCode() + " " + reply.body()));
  }

  /** Asks, and waits so long until it passes. */
  void waitFor(Plea plea, int seconds) throws IOException, InterruptedException {
    var reply = send(plea, seconds);
    if (!passed(plea, reply)) {
      throw new IOException("it did not pass: " + reply.statusCode() + " " + reply.body());
    }
  }

  private HttpResponse<String> send(Plea plea, int wait) throws IOException, InterruptedException {
    byte[] body = Json.write(plea.plane.body(plea.name(), plea.about()));
    var request =
        HttpRequest.newBuilder(plea.node().actingUrl().resolve(plea.plane.path))
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
