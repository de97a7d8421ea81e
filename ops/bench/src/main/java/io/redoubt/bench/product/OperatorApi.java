package io.redoubt.bench.product;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The operator API, as far as a measurement has to be set up. Not part of what is measured, so it
 * may block; it waits where the API asks it to (429).
 */
public final class OperatorApi implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final long TOKEN_NANOS = TimeUnit.MINUTES.toNanos(10);
  private static final int ATTEMPTS = 100;
  private static final long BUDGET = 1_000_000_000_000L;

  /** What an agent starts its life with. */
  public record NewAgent(String id, String bootstrapToken) {}

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(LIMIT).build();
  private final RuntimeFile runtime;
  private final ReentrantLock tokenLock = new ReentrantLock();
  private String token = "";
  private long tokenUntil;

  public OperatorApi(RuntimeFile runtime) {
    this.runtime = runtime;
  }

  public NewAgent createAgent(String name) throws IOException, InterruptedException {
    return newAgent(send("POST", "/api/v1/agents", Map.of("name", name)));
  }

  /** A new bootstrap token for the agent; the old one dies. */
  public NewAgent offerBootstrap(String agent) throws IOException, InterruptedException {
    return newAgent(send("POST", "/api/v1/agents/" + agent + "/bootstrap-token", Map.of()));
  }

  /** Makes the upstream on that port the provider of every Anthropic model. */
  public void putProvider(String name, int port) throws IOException, InterruptedException {
    send(
        "PUT",
        "/api/v1/providers/" + name,
        Map.of(
            "kind",
            "anthropic",
            "base_url",
            "http://127.0.0.1:" + port,
            "api_key",
            "sk-bench-not-a-key"));
  }

  /** A connector whose operations read, each by a POST like a model call. */
  public void putConnector(String name, int port, List<String> operations)
      throws IOException, InterruptedException {
    send(
        "PUT",
        "/api/v1/connectors/" + name,
        Map.of(
            "base_url",
            "http://127.0.0.1:" + port,
            "operations",
            operations.stream()
                .map(each ->
                    Map.of(
                        "name", each, "method", "POST", "path", "/v1/messages", "access", "read"))
                .toList()));
  }

  /** What is kept of requests and replies: {@code full} or {@code metadata}. */
  public void keepPayloads(String what) throws IOException, InterruptedException {
    send(
        "PATCH", "/api/v1/iam/organizations/" + runtime.organizationId(), Map.of("payloads", what));
  }

  /** A policy document of the draft. */
  public void putPolicy(String name, String cedar) throws IOException, InterruptedException {
    send("PUT", "/api/v1/policies/" + name, Map.of("cedar", cedar));
  }

  /** A workflow of the draft: whoever may decide is asked, for so long. */
  public void putWorkflow(String name, int seconds) throws IOException, InterruptedException {
    send(
        "PUT",
        "/api/v1/approval-workflows/" + name,
        Map.of("tiers", List.of(Map.of("kind", "human", "timeout_seconds", seconds))));
  }

  /** From then on the draft decides. */
  public void publish() throws IOException, InterruptedException {
    send("POST", "/api/v1/bundles", Map.of());
  }

  /** Approves a request through the control plane. */
  public void approve(String approval) throws IOException, InterruptedException {
    send("POST", "/api/v1/approvals/" + approval + "/decision", Map.of("decision", "approve"));
  }

  /** Approves a request at the enclave itself. */
  public void approveAt(RuntimeFile.Node node, String approval)
      throws IOException, InterruptedException {
    exchange(
        "POST",
        node.agentUrl(),
        "/v1/operator/approvals/" + approval + "/decision",
        Map.of("decision", "approve"));
  }

  /** Shows requests in Slack, and has a member of ours decide there as that user. */
  public void putSlack(Map<String, String> settings, String user)
      throws IOException, InterruptedException {
    send("PUT", "/api/v1/channels/slack", settings);
    var member =
        send(
            "POST",
            "/api/v1/iam/members",
            Map.of("name", "In Slack", "roles", List.of("approver")));
    var mapped = Map.of("user_id", user, "member_id", member.path("id").asText());
    send("PUT", "/api/v1/channels/slack/members", Map.of("members", List.of(mapped)));
  }

  /** Gives all agents and each a budget that will last, and redacts what is in no text of ours. */
  public void govern(List<String> agents) throws IOException, InterruptedException {
    var budget = Map.of("budget", Map.of("tokens_per_day", BUDGET, "tokens_per_month", BUDGET));
    send("PATCH", "/api/v1/iam/organizations/" + runtime.organizationId(), budget);
    for (String agent : agents) {
      send("PATCH", "/api/v1/agents/" + agent, budget);
    }
    send(
        "PUT",
        "/api/v1/content-policies/organization",
        Map.of(
            "rules",
            List.of(
                Map.of("subject", "pii", "in", List.of("request", "reply"), "action", "redact"))));
    publish();
  }

  /** How many agents and token families each node has in memory, by its name. */
  public Map<String, Integer> entities() throws IOException, InterruptedException {
    var status =
        exchange("GET", runtime.enclaves().getFirst().managementUrl(), "/v1/cluster", null);
    var entities = new TreeMap<String, Integer>();
    status
        .path("nodes")
        .forEach(node -> entities.put(node.path("node").asText(), node.path("entities").asInt()));
    return entities;
  }

  private static NewAgent newAgent(JsonNode body) {
    return new NewAgent(
        body.path("agent").path("id").asText(), body.path("bootstrap_token").asText());
  }

  private JsonNode send(String method, String path, Object body)
      throws IOException, InterruptedException {
    return exchange(method, runtime.controlPlaneUrl(), path, body);
  }

  private JsonNode exchange(String method, URI server, String path, @Nullable Object body)
      throws IOException, InterruptedException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      var request =
          request(server, path)
              .header("Authorization", "Bearer " + bearer())
              .header("Content-Type", "application/json")
              .method(
                  method,
                  body == null
                      ? BodyPublishers.noBody()
                      : BodyPublishers.ofByteArray(Json.write(body)))
              .build();
      HttpResponse<String> reply = http.send(request, BodyHandlers.ofString());
      if (reply.statusCode() / 100 == 2) {
        return Json.LENIENT.readTree(reply.body());
      }
      if (reply.statusCode() != 429) {
        throw new IOException(
            method + " " + path + " → " + reply.statusCode() + " " + reply.body());
      }
      Thread.sleep(Duration.ofSeconds(reply.headers().firstValueAsLong("retry-after").orElse(1)));
    }
    throw new IOException(method + " " + path + " was put off " + ATTEMPTS + " times");
  }

  /** An operator token that is good for minutes yet. */
  public String bearer() throws IOException, InterruptedException {
    tokenLock.lock();
    try {
      if (token.isEmpty() || System.nanoTime() - tokenUntil > 0) {
        token = freshToken();
        tokenUntil = System.nanoTime() + TOKEN_NANOS;
      }
      return token;
    } finally {
      tokenLock.unlock();
    }
  }

  private String freshToken() throws IOException, InterruptedException {
    RuntimeFile.Client client = runtime.operator();
    String basic =
        Base64.getEncoder()
            .encodeToString(
                (client.clientId() + ":" + client.clientSecret()).getBytes(StandardCharsets.UTF_8));
    var request =
        request(runtime.controlPlaneUrl(), "/api/v1/iam/token")
            .header("Authorization", "Basic " + basic)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString("grant_type=client_credentials"))
            .build();
    HttpResponse<String> reply = http.send(request, BodyHandlers.ofString());
    if (reply.statusCode() != 200) {
      throw new IOException("no operator token: " + reply.statusCode() + " " + reply.body());
    }
    return Json.LENIENT.readTree(reply.body()).path("access_token").asText();
  }

  private static HttpRequest.Builder request(URI server, String path) {
    return HttpRequest.newBuilder(server.resolve(path)).timeout(LIMIT);
  }

  @Override
  public void close() {
    http.close();
  }
}
