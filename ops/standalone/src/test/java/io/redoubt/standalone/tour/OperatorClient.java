package io.redoubt.standalone.tour;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.settings.RuntimeFile;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** An operator without the command line. */
final class OperatorClient {
  private final Wire wire = new Wire();
  private final RuntimeFile runtime;
  private final SecretHunt hunt;
  private String token = "";

  OperatorClient(RuntimeFile runtime, SecretHunt hunt) {
    this.runtime = runtime;
    this.hunt = hunt;
  }

  /** A new bootstrap token for an agent. */
  String bootstrapToken(String agentId) {
    return post("/api/v1/agents/" + agentId + "/bootstrap-token", "{}", "bootstrap_token");
  }

  /** A new member with a role. */
  String newMember(String name, String role) {
    return post(
        "/api/v1/iam/members",
        "{\"name\": \"%s\", \"roles\": [\"%s\"]}".formatted(name, role),
        "id");
  }

  /** What stands there. */
  JsonNode get(String path) {
    return succeeded(wire.get(url(path), "authorization", "Bearer " + token()));
  }

  private String post(String path, String body, String wanted) {
    return succeeded(wire.post(url(path), body, "authorization", "Bearer " + token()))
        .path(wanted)
        .asText();
  }

  private static JsonNode succeeded(Wire.Answer answer) {
    if (answer.status() / 100 != 2) {
      throw new AssertionError(answer.body());
    }
    return answer.json();
  }

  /** Good for longer than a tour takes. */
  private String token() {
    if (token.isEmpty()) {
      token = newToken();
    }
    return token;
  }

  private String newToken() {
    String credentials = runtime.operator().clientId() + ":" + runtime.operator().clientSecret();
    var request =
        HttpRequest.newBuilder(url("/api/v1/iam/token"))
            .header(
                "authorization",
                "Basic "
                    + Base64.getEncoder()
                        .encodeToString(credentials.getBytes(StandardCharsets.UTF_8)))
            .header("content-type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials"))
            .build();
    try (HttpClient http = HttpClient.newHttpClient()) {
      var response = http.send(request, HttpResponse.BodyHandlers.ofString());
      return hunt.handled(
          new Wire.Answer(response.statusCode(), response.body(), response)
              .json()
              .path("access_token")
              .asText());
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private URI url(String path) {
    return runtime.controlPlaneUrl().resolve(path);
  }
}
