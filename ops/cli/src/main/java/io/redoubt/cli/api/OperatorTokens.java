package io.redoubt.cli.api;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.secret.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Operator tokens for one client, by client credentials (RFC 6749 §4.4). */
public final class OperatorTokens {
  /** Where the control plane gives them. */
  public static final String CONTROL_PLANE = "/api/v1/iam/token";

  /** Where an enclave gives those that break the glass. */
  public static final String ENCLAVE = "/v1/operator/token";

  private static final Duration TIMEOUT = Duration.ofSeconds(15);

  private record Answer(@Nullable Secret accessToken, @Nullable Long expiresIn) {}

  private record Refusal(@Nullable String error, @Nullable String errorDescription) {}

  private final URI server;
  private final String path;
  private final HttpClient http;
  private final String clientId;
  private final Secret clientSecret;
  private final TokenCache cache;

  /**
   * Tokens of one server.
   *
   * @param path of its token endpoint
   */
  public OperatorTokens(
      URI server,
      String path,
      HttpClient http,
      String clientId,
      Secret clientSecret,
      Path cacheDirectory,
      Clock clock) {
    this.server = server;
    this.path = path;
    this.http = http;
    this.clientId = clientId;
    this.clientSecret = clientSecret;
    this.cache = new TokenCache(cacheDirectory, server, clientId, clientSecret, clock);
  }

  /** A token with some life left, kept or fresh. */
  public String current() {
    return cache.read().orElseGet(this::fetch);
  }

  /** Drops the token that is kept. */
  public void forget() {
    cache.forget();
  }

  private String fetch() {
    // RFC 6749 §2.3.1: both halves are form-encoded before they are joined.
    String credentials = Query.encode(clientId) + ":" + Query.encode(clientSecret.reveal());
    var request =
        HttpRequest.newBuilder(server.resolve(path))
            .timeout(TIMEOUT)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Accept", "application/json")
            .header(
                "Authorization",
                "Basic "
                    + Base64.getEncoder()
                        .encodeToString(credentials.getBytes(StandardCharsets.UTF_8)))
            .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials"))
            .build();
    HttpResponse<InputStream> response = OperatorApi.send(http, server, request);
    try (InputStream in = response.body()) {
      byte[] body = in.readNBytes(1 << 16);
      if (response.statusCode() != 200) {
        throw refusal(response.statusCode(), body);
      }
      var answer = Json.LENIENT.readValue(body, Answer.class);
      if (answer.accessToken() == null || answer.expiresIn() == null) {
        throw new CommandFailure(ExitCode.FAILED, "The server's token answer is incomplete.");
      }
      cache.write(answer.accessToken().reveal(), Duration.ofSeconds(answer.expiresIn()));
      return answer.accessToken().reveal();
    } catch (IOException e) {
      throw OperatorApi.unreachable(server, e);
    }
  }

  /** The token endpoint answers as RFC 6749 §5.2 says: 400 or 401, with a code. */
  private ApiFailure refusal(int status, byte[] body) {
    try {
      var refusal = Json.LENIENT.readValue(body, Refusal.class);
      if ("invalid_client".equals(refusal.error())) {
        return ApiFailure.of(
            401,
            server
                + " does not accept the client "
                + clientId
                + ". Log in again with `redoubt login`.");
      }
      if (refusal.errorDescription() != null) {
        return ApiFailure.of(status, "No token: " + refusal.errorDescription());
      }
    } catch (IOException _) {
      // Said without the server's words.
    }
    return ApiFailure.of(status, "No token: the server answered with status " + status + ".");
  }
}
