package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.json.Json;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Set;

/** Slack's Web API, as far as it is needed. Blocking, for virtual threads. */
final class SlackApi {
  /** Slack's own troubles, and ours with it, that time or an operator may end. */
  private static final Set<String> LATER =
      Set.of(
          "ratelimited",
          "rate_limited",
          "internal_error",
          "fatal_error",
          "service_unavailable",
          "request_timeout",
          "team_added_to_org",
          "invalid_auth",
          "not_authed",
          "account_inactive",
          "token_expired",
          "token_revoked",
          "no_permission",
          "missing_scope",
          "channel_not_found",
          "not_in_channel",
          "is_archived",
          "team_access_not_granted",
          "org_login_required",
          "accesslimited");

  private final HttpCaller http;
  private final Duration timeout;

  SlackApi(HttpCaller http, Duration timeout) {
    this.http = http;
    this.timeout = timeout;
  }

  /**
   * Calls a method.
   *
   * @param method such as {@code chat.postMessage}
   */
  Outcome<JsonNode> call(URI base, SlackSecrets secrets, String method, JsonNode body)
      throws InterruptedException {
    var request =
        HttpRequest.newBuilder(base.resolve(method))
            .timeout(timeout)
            .header("Content-Type", "application/json; charset=utf-8")
            .header("Accept", "application/json")
            .header("Authorization", "Bearer " + secrets.botToken().reveal())
            .POST(HttpRequest.BodyPublishers.ofByteArray(Json.write(body)))
            .build();
    return switch (http.call(request)) {
      case Outcome.Done<String>(var text) -> read(method, text);
      case Outcome.Later<String>(var why, var reached, var pause) ->
          new Outcome.Later<>(method + ": " + why, reached, pause);
      // Slack answers 200 to what it understands; a proxy or a wrong address does not.
      case Outcome.Refused<String>(var why) ->
          new Outcome.Later<>(method + ": " + why, false, Duration.ZERO);
    };
  }

  private static Outcome<JsonNode> read(String method, String text) {
    JsonNode answer;
    try {
      answer = Json.LENIENT.readTree(text);
    } catch (JsonProcessingException _) {
      return new Outcome.Later<>(method + ": not an answer of Slack's", true, Duration.ZERO);
    }
    if (answer.path("ok").isBoolean() && answer.path("ok").booleanValue()) {
      return new Outcome.Done<>(answer);
    }
    String error = answer.path("error").asText("").replaceAll("[^a-z0-9_]", "");
    String known = error.isEmpty() || error.length() > 60 ? "an unknown error" : error;
    return LATER.contains(known)
        ? new Outcome.Later<>(method + ": " + known, false, Duration.ZERO)
        : new Outcome.Refused<>(known);
  }
}
