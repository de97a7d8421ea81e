package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.secret.Secret;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A channel of a team in Microsoft Teams, as a bot sees it. */
final class TeamsChat implements Chat {
  private static final String CONVERSATIONS = "v3/conversations";
  private static final String NOT_FOUND = "status 404";

  private final TeamsApi teams;
  private final TeamsSettings settings;
  private final Secret secret;

  TeamsChat(TeamsApi teams, Teller.Job job) {
    this.teams = teams;
    this.settings = Json.LENIENT.convertValue(job.settings(), TeamsSettings.class);
    this.secret = Secret.of(new String(job.secrets(), StandardCharsets.UTF_8));
  }

  private Outcome<JsonNode> call(String method, String path, JsonNode body)
      throws InterruptedException {
    return teams.call(settings, secret, method, path, body);
  }

  private static String activities(String conversation) {
    // A thread's identifier has characters that mean something in a URL.
    return CONVERSATIONS
        + "/"
        + URLEncoder.encode(conversation, StandardCharsets.UTF_8)
        + "/activities";
  }

  @Override
  public Outcome<Notice.Place> post(Shown shown) throws InterruptedException {
    ObjectNode conversation = Json.LENIENT.createObjectNode();
    conversation.put("isGroup", true);
    conversation.putObject("bot").put("id", "28:" + settings.appId());
    conversation.putObject("channelData").putObject("channel").put("id", settings.channelId());
    conversation.put("tenantId", settings.tenantId());
    conversation.set("activity", TeamsCards.activity(shown));
    var outcome = call("POST", CONVERSATIONS, conversation);
    // The bot is not in the team, or the channel is gone: an operator can help.
    return outcome instanceof Outcome.Refused<JsonNode>(var why) && why.equals(NOT_FOUND)
        ? new Outcome.Later<>(why, false, Duration.ZERO)
        : outcome.then(TeamsChat::place);
  }

  private static Outcome<Notice.Place> place(JsonNode answer) {
    var place = new Notice.Place(answer.path("id").asText(), answer.path("activityId").asText());
    return place.channel().isEmpty() || place.ts().isEmpty()
        ? ChatTeller.nameless()
        : new Outcome.Done<>(place);
  }

  /**
   * Bots cannot look at what is in a channel, so one that never heard what came of a message takes
   * the risk of a second one.
   */
  @Override
  public Outcome<Optional<Notice.Place>> find(Notice notice) {
    return new Outcome.Done<>(Optional.empty());
  }

  @Override
  public Outcome<Notice.Place> update(Notice.Place place, Shown shown) throws InterruptedException {
    ObjectNode activity = TeamsCards.activity(shown).put("id", place.ts());
    String path =
        activities(place.channel()) + "/" + URLEncoder.encode(place.ts(), StandardCharsets.UTF_8);
    return call("PUT", path, activity).then(_ -> new Outcome.Done<>(place));
  }

  @Override
  public Outcome<Notice.Place> reply(Notice.Place place, List<String> lines)
      throws InterruptedException {
    ObjectNode activity = TeamsCards.text(String.join("\n", lines));
    activity.put("replyToId", place.ts());
    return call("POST", activities(place.channel()), activity).then(_ -> new Outcome.Done<>(place));
  }

  /** A message in the channel that one person sees, for a day. */
  @Override
  public Outcome<Boolean> whisper(String user, String text) throws InterruptedException {
    ObjectNode activity = TeamsCards.text(Words.line(text));
    activity.putObject("recipient").put("id", user);
    String path = activities(settings.channelId()) + "?isTargetedActivity=true";
    return call("POST", path, activity).then(_ -> new Outcome.Done<>(true));
  }

  @Override
  public boolean isGone(String why) {
    return why.equals(NOT_FOUND);
  }

  @Override
  public boolean isElsewhere(Notice.Place place, String why) {
    return !place.channel().startsWith(settings.channelId()) && why.equals("status 403");
  }
}
