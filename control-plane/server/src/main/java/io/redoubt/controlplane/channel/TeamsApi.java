package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.secret.Secret;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Set;

/** The Bot Framework's connector, as far as it is needed. Blocking, for virtual threads. */
final class TeamsApi {
  private static final String UNAUTHORIZED = "status 401";

  /**
   * What time or an operator may end: a bot that is not in the team, or was stopped there; and what
   * several calls at once about one conversation get.
   */
  private static final Set<String> LATER = Set.of(UNAUTHORIZED, "status 403", "status 412");

  private final TeamsTokens tokens;
  private final HttpCaller http;
  private final Duration timeout;

  TeamsApi(TeamsTokens tokens, HttpCaller http, Duration timeout) {
    this.tokens = tokens;
    this.http = http;
    this.timeout = timeout;
  }

  /**
   * Makes a call.
   *
   * @param path below the connector's address, such as {@code v3/conversations}
   */
  Outcome<JsonNode> call(
      TeamsSettings settings, Secret secret, String method, String path, JsonNode body)
      throws InterruptedException {
    return switch (tokens.token(settings, secret)) {
      case Outcome.Done<Secret>(var token) -> called(settings, secret, token, method, path, body);
      case Outcome.Later<Secret>(var why, var _, var pause) ->
          new Outcome.Later<>("no token: " + why, false, pause);
      // Whoever set it up can put it right.
      case Outcome.Refused<Secret>(var why) ->
          new Outcome.Later<>("no token: " + why, false, Duration.ZERO);
    };
  }

  private Outcome<JsonNode> called(
      TeamsSettings settings,
      Secret secret,
      Secret token,
      String method,
      String path,
      JsonNode body)
      throws InterruptedException {
    var request =
        HttpRequest.newBuilder(settings.serviceUrl().resolve(path))
            .timeout(timeout)
            .header("Content-Type", "application/json; charset=utf-8")
            .header("Accept", "application/json")
            .header("Authorization", "Bearer " + token.reveal())
            .method(method, HttpRequest.BodyPublishers.ofByteArray(Json.write(body)))
            .build();
    return switch (http.call(request)) {
      case Outcome.Done<String>(var text) -> read(text);
      case Outcome.Later<String>(var why, var reached, var pause) ->
          new Outcome.Later<>(why, reached, pause);
      case Outcome.Refused<String>(var why) when LATER.contains(why) -> {
        if (why.equals(UNAUTHORIZED)) {
          tokens.forget(settings, secret);
        }
        yield new Outcome.Later<>(why, false, Duration.ZERO);
      }
      case Outcome.Refused<String>(var why) -> new Outcome.Refused<>(why);
    };
  }

  private static Outcome<JsonNode> read(String text) {
    if (text.isBlank()) {
      return new Outcome.Done<>(Json.LENIENT.createObjectNode());
    }
    try {
      return new Outcome.Done<>(Json.LENIENT.readTree(text));
    } catch (JsonProcessingException _) {
      return new Outcome.Later<>("not an answer of the connector's", true, Duration.ZERO);
    }
  }
}
