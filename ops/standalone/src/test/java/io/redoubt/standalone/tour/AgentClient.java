package io.redoubt.standalone.tour;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.settings.RuntimeFile;
import io.redoubt.protocol.json.Json;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * An agent that was given an enclave URL and a bootstrap token, and speaks plain HTTP. Where a node
 * may not act right now (503), it comes again, as SDKs do: a machine that stands still for 0.8 s
 * takes the node's lease.
 */
final class AgentClient {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Pattern LEASES_LOST =
      Pattern.compile("^redoubt_lease_lost_total(?:\\{.*})? (.+)$", Pattern.MULTILINE);

  private static final String HELLO = "\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]";

  private final Wire wire = new Wire();
  private final URI agentUrl;
  private final URI actingUrl;
  private final URI managementUrl;
  private final SecretHunt hunt;

  private String refreshToken = "";
  private String accessToken = "";

  AgentClient(RuntimeFile runtime, SecretHunt hunt) {
    this.agentUrl = runtime.enclaves().getFirst().agentUrl();
    this.actingUrl = runtime.enclaves().getFirst().actingUrl();
    this.managementUrl = runtime.enclaves().getFirst().managementUrl();
    this.hunt = hunt;
  }

  String refreshToken() {
    return refreshToken;
  }

  Wire.Answer discover() {
    return wire.get(agentUrl.resolve("/v1/agent/discover"));
  }

  Wire.Answer bootstrap(String token) {
    return exchange("/v1/agent/bootstrap", Map.of("bootstrap_token", hunt.handled(token)));
  }

  Wire.Answer refresh(String token) {
    return exchange("/v1/agent/refresh", Map.of("refresh_token", token));
  }

  /** Spends the token that is held now. */
  Wire.Answer rotate() {
    return refresh(refreshToken);
  }

  /** Presents a token in the committed mode of G2. */
  Wire.Answer refresh(String token, String nextDigest) {
    return exchange(
        "/v1/agent/refresh",
        Map.of("refresh_token", token, "next_refresh_token_digest", nextDigest));
  }

  private Wire.Answer exchange(String path, Map<String, String> body) {
    var answer = wire.post(agentUrl.resolve(path), json(body));
    if (answer.status() == 200) {
      JsonNode granted = answer.json();
      accessToken = hunt.handled(granted.path("access_token").asText());
      if (granted.hasNonNull("refresh_token")) {
        refreshToken = hunt.handled(granted.path("refresh_token").asText());
      }
    }
    return answer;
  }

  Wire.Answer anthropic(String prompt, boolean stream) {
    return acted("/v1/messages", anthropicBody(prompt, stream), key());
  }

  /** A stream that is still open when this returns. */
  HttpResponse<InputStream> openAnthropic(String prompt) {
    return opened(anthropicBody(prompt, true), key());
  }

  /** A stream in which the model may propose a call of the tool; still open when this returns. */
  HttpResponse<InputStream> openWithTool(String model, String tool, String about, int wait) {
    var body =
        "{\"model\":\"%s\",\"max_tokens\":100,\"stream\":true,\"tools\":[{\"name\":\"%s\"}],"
            .formatted(model, tool);
    return opened(
        body + HELLO.formatted(about) + "}",
        "x-api-key",
        accessToken,
        "anthropic-version",
        "2023-06-01",
        "prefer",
        "wait=" + wait);
  }

  /** An operation of the ticket system. */
  Wire.Answer execute(String operation, String about, int wait) {
    var parameters =
        operation.equals("file")
            ? Map.of("project", "house", "about", about)
            : Map.of("project", "house");
    return acted(
        "/v1/execute",
        json(Map.of("connector", "tickets", "operation", operation, "parameters", parameters)),
        "authorization",
        "Bearer " + accessToken,
        "prefer",
        "wait=" + wait);
  }

  Wire.Answer countTokens() {
    return acted(
        "/v1/messages/count_tokens",
        "{\"model\":\"claude-demo-small\"," + HELLO.formatted("hello") + "}",
        key());
  }

  Wire.Answer openAi(String path, String body) {
    return acted(path, body, "authorization", "Bearer " + accessToken);
  }

  Wire.Answer chat(String prompt, boolean stream) {
    return openAi(
        "/v1/chat/completions",
        "{\"model\":\"gpt-demo\",\"stream\":" + stream + "," + HELLO.formatted(prompt) + "}");
  }

  Wire.Answer models() {
    return wire.get(actingUrl.resolve("/v1/models"), "authorization", "Bearer " + accessToken);
  }

  Wire.Answer self() {
    return wire.get(agentUrl.resolve("/v1/agent/self"), "authorization", "Bearer " + accessToken);
  }

  private static String anthropicBody(String prompt, boolean stream) {
    return "{\"model\":\"claude-demo-small\",\"max_tokens\":100,\"stream\":"
        + stream
        + ","
        + HELLO.formatted(prompt)
        + "}";
  }

  private Wire.Answer acted(String path, String body, String... headers) {
    return await(path)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(500))
        .pollDelay(Duration.ZERO)
        .until(
            () -> wire.post(actingUrl.resolve(path), body, headers),
            answer -> answer.status() != 503);
  }

  private HttpResponse<InputStream> opened(String body, String... headers) {
    return await("a stream")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(500))
        .pollDelay(Duration.ZERO)
        .until(
            () -> wire.open(actingUrl.resolve("/v1/messages"), body, headers),
            response -> response.statusCode() != 503);
  }

  /** How often the node had no lease any more, and cut what was under way. */
  double leasesLost() {
    var metrics = wire.get(managementUrl.resolve("/metrics"));
    return LEASES_LOST
        .matcher(metrics.body())
        .results()
        .mapToDouble(found -> Double.parseDouble(found.group(1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError(metrics.toString()));
  }

  private String[] key() {
    return new String[] {"x-api-key", accessToken, "anthropic-version", "2023-06-01"};
  }

  private static String json(Object body) {
    return new String(Json.write(body), java.nio.charset.StandardCharsets.UTF_8);
  }
}
