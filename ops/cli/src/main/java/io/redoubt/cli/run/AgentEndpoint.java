package io.redoubt.cli.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.Problem;
import io.redoubt.protocol.secret.Disclosed;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.TokenDigest;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The agent endpoint as a client of it sees it. One call is one HTTP request. */
final class AgentEndpoint {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** What a request came to. */
  sealed interface Reply {}

  /** An identity for the next minutes. */
  record Granted(
      @Nullable String agentId,
      @Nullable String organizationId,
      @Nullable Secret accessToken,
      @Nullable Long expiresIn,
      @Nullable Map<String, Secret> secrets,
      @Nullable JsonNode endpoints)
      implements Reply {}

  /** The enclave said no. */
  record Refused(int status, @Nullable String type, String message) implements Reply {
    /** Whether the token is worth nothing any more. */
    boolean isFinal() {
      return status != 403 && status != 408 && status != 429 && status < 500;
    }
  }

  /**
   * No answer came.
   *
   * @param sent whether the enclave may have read the request, and so may have spent the token
   */
  record Silent(boolean sent, String message) implements Reply {}

  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Body(
      @Nullable Disclosed bootstrapToken,
      @Nullable Disclosed refreshToken,
      TokenDigest nextRefreshTokenDigest) {}

  private final URI base;
  private final HttpClient http;

  AgentEndpoint(URI base, HttpClient http) {
    this.base = base;
    this.http = http;
  }

  /** Spends a bootstrap token for the family whose first refresh token has this digest. */
  Reply bootstrap(AgentToken token, TokenDigest next) {
    return post("/v1/agent/bootstrap", new Body(Disclosed.of(token.reveal()), null, next));
  }

  /** Spends a refresh token for the successor with this digest. */
  Reply refresh(AgentToken token, TokenDigest next) {
    return post("/v1/agent/refresh", new Body(null, Disclosed.of(token.reveal()), next));
  }

  private Reply post(String path, Body body) {
    var request =
        HttpRequest.newBuilder(base.resolve(path))
            .timeout(TIMEOUT)
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, " + Problem.MEDIA_TYPE)
            .POST(HttpRequest.BodyPublishers.ofByteArray(Json.write(body)))
            .build();
    try {
      HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
      return response.statusCode() == 200
          ? Json.LENIENT.readValue(response.body(), Granted.class)
          : refused(response);
    } catch (ConnectException | HttpConnectTimeoutException e) {
      return new Silent(false, base + " cannot be reached");
    } catch (IOException e) {
      return new Silent(true, base + " did not answer");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Silent(true, "interrupted");
    }
  }

  private static Refused refused(HttpResponse<byte[]> response) {
    try {
      var problem = Json.LENIENT.readValue(response.body(), Problem.class);
      String message =
          problem.detail() == null ? problem.title() : problem.title() + ": " + problem.detail();
      return new Refused(response.statusCode(), problem.type(), message);
    } catch (IOException _) {
      return new Refused(response.statusCode(), null, "status " + response.statusCode());
    }
  }
}
