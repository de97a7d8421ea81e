package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.approval.ApprovalView.Decision;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.json.Json;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What somebody did in Slack, as far as it concerns requests. Of names in the payload none is
 * believed: who somebody is follows from the user's id.
 *
 * @param app that sent it
 * @param team the workspace it happened in
 * @param userTeam the workspace that the user belongs to
 */
record SlackCallback(String app, String team, String user, String userTeam, Act act) {
  private static final String PAYLOAD = "payload=";
  private static final Pattern TRIGGER = Pattern.compile("[0-9a-zA-Z.]{1,255}");
  private static final int MAX_TYPED = 10_000;

  /** It is not what Slack sends. */
  static final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1L;

    UnreadableException(String why) {
      super(why, null, false, false);
    }
  }

  /** What was done. */
  sealed interface Act {}

  /** Somebody decides. */
  record Decide(Ballot.Choice choice) implements Act {}

  /** Somebody wants to deny, and is to be asked why. */
  record AskWhy(ApprovalId id, String trigger) implements Act {}

  /** Somebody wants to approve other arguments, and is to be given those that there are. */
  record AskChange(ApprovalId id, String trigger) implements Act {}

  /** Somebody approves other arguments, as they were typed. */
  record Change(ApprovalId id, String arguments, String reason) implements Act {}

  /** Nothing that concerns a request. */
  record Nothing() implements Act {}

  /** The JSON of the one parameter that the form has. */
  static JsonNode payload(String body) throws UnreadableException {
    if (!body.startsWith(PAYLOAD) || body.indexOf('&') >= 0) {
      throw new UnreadableException("not a form with one payload");
    }
    try {
      String text = URLDecoder.decode(body.substring(PAYLOAD.length()), StandardCharsets.UTF_8);
      JsonNode payload = Json.LENIENT.readTree(text);
      if (payload == null || !payload.isObject()) {
        throw new UnreadableException("the payload is no object");
      }
      return payload;
    } catch (IllegalArgumentException | JsonProcessingException _) {
      throw new UnreadableException("the payload is not JSON in a form");
    }
  }

  /** Whose signature it should carry, before anything of it is believed. */
  static Optional<String> appOf(JsonNode payload) {
    return Optional.ofNullable(payload.path("api_app_id").textValue())
        .filter(app -> SlackSettings.APP.matcher(app).matches());
  }

  static SlackCallback read(JsonNode payload) throws UnreadableException {
    String app = appOf(payload).orElseThrow(() -> new UnreadableException("no app"));
    String team = text(payload.path("team"), "id", SlackSettings.TEAM);
    JsonNode user = payload.path("user");
    String id = text(user, "id", SlackSettings.USER);
    // Where a channel is shared, people of other workspaces press its buttons, too.
    String userTeam = user.has("team_id") ? text(user, "team_id", SlackSettings.TEAM) : team;
    return new SlackCallback(
        app,
        team,
        id,
        userTeam,
        switch (payload.path("type").asText()) {
          case "block_actions" -> pressed(payload);
          case "view_submission" -> submitted(payload.path("view"));
          default -> throw new UnreadableException("neither a button nor a form of ours");
        });
  }

  private static Act pressed(JsonNode payload) throws UnreadableException {
    JsonNode actions = payload.path("actions");
    if (!actions.isArray() || actions.size() != 1) {
      throw new UnreadableException("not one action");
    }
    JsonNode action = actions.get(0);
    return switch (action.path("action_id").asText()) {
      case SlackMessages.APPROVE ->
          new Decide(new Ballot.Choice(id(action.path("value")), Decision.APPROVE, ""));
      case SlackMessages.DENY ->
          new AskWhy(id(action.path("value")), text(payload, "trigger_id", TRIGGER));
      case SlackMessages.EDIT ->
          new AskChange(id(action.path("value")), text(payload, "trigger_id", TRIGGER));
      default -> new Nothing();
    };
  }

  private static Act submitted(JsonNode view) throws UnreadableException {
    return switch (view.path("callback_id").asText()) {
      case SlackMessages.DENY ->
          new Decide(
              new Ballot.Choice(
                  id(view.path("private_metadata")),
                  Decision.DENY,
                  typed(view, SlackMessages.REASON)));
      case SlackMessages.EDIT ->
          new Change(
              id(view.path("private_metadata")),
              typed(view, SlackMessages.ARGUMENTS),
              typed(view, SlackMessages.REASON));
      default -> new Nothing();
    };
  }

  /** What is in a field, which is called like its block. */
  private static String typed(JsonNode view, String field) throws UnreadableException {
    JsonNode value = view.path("state").path("values").path(field).path(field).path("value");
    // An empty field comes as null.
    if (!(value.isTextual() || value.isNull()) || value.asText().length() > MAX_TYPED) {
      throw new UnreadableException("no " + field + " in the form");
    }
    return value.isNull() ? "" : value.asText().strip();
  }

  private static ApprovalId id(JsonNode value) throws UnreadableException {
    try {
      return ApprovalId.parse(value.textValue());
    } catch (IllegalArgumentException _) {
      throw new UnreadableException("no request is named");
    }
  }

  private static String text(JsonNode parent, String field, Pattern form)
      throws UnreadableException {
    String value = parent.path(field).textValue();
    if (value == null || !form.matcher(value).matches()) {
      throw new UnreadableException("no " + field);
    }
    return value;
  }
}
