package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.json.Json;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** A channel of Slack's. */
final class SlackChat implements Chat {
  private static final Set<String> GONE =
      Set.of("message_not_found", "cant_update_message", "edit_window_closed");

  /**
   * What ends for others once an operator puts it right, and never where the channel is another.
   */
  private static final Set<String> ELSEWHERE =
      Set.of("channel_not_found", "not_in_channel", "is_archived");

  private static final Duration BEFORE = Duration.ofMinutes(5);
  private static final int MOST_MESSAGES = 200;

  private final SlackApi slack;
  private final SlackSettings settings;
  private final SlackSecrets secrets;

  SlackChat(SlackApi slack, Teller.Job job) {
    this.slack = slack;
    this.settings = Json.LENIENT.convertValue(job.settings(), SlackSettings.class);
    this.secrets = SlackSecrets.of(job.secrets());
  }

  private Outcome<JsonNode> call(String method, JsonNode body) throws InterruptedException {
    return slack.call(settings.baseUrl(), secrets, method, body);
  }

  @Override
  public Outcome<Notice.Place> post(Shown shown) throws InterruptedException {
    return call("chat.postMessage", SlackMessages.message(settings.channelId(), shown))
        .then(answer -> {
          var place = new Notice.Place(answer.path("channel").asText(), answer.path("ts").asText());
          return place.channel().isEmpty() || place.ts().isEmpty()
              ? ChatTeller.nameless()
              : new Outcome.Done<>(place);
        });
  }

  @Override
  public Outcome<Optional<Notice.Place>> find(Notice notice) throws InterruptedException {
    ObjectNode query = Json.LENIENT.createObjectNode();
    query.put("channel", settings.channelId());
    query.put("oldest", notice.askedAt().minus(BEFORE).getEpochSecond() + ".000000");
    query.put("include_all_metadata", true).put("limit", MOST_MESSAGES);
    return switch (call("conversations.history", query)) {
      case Outcome.Done<JsonNode>(var answer) -> new Outcome.Done<>(found(notice, answer));
      // An app that may not look has to take the risk of saying it twice.
      case Outcome.Later<JsonNode>(var why, var _, var _) when why.endsWith("missing_scope") ->
          new Outcome.Done<>(Optional.empty());
      case Outcome.Later<JsonNode>(var why, var reached, var pause) ->
          new Outcome.Later<>(why, reached, pause);
      case Outcome.Refused<JsonNode>(var why) -> new Outcome.Refused<>(why);
    };
  }

  private Optional<Notice.Place> found(Notice notice, JsonNode answer) {
    for (var message : answer.path("messages")) {
      var metadata = message.path("metadata");
      if (metadata.path("event_type").asText().equals(SlackMessages.EVENT)
          && metadata
              .path("event_payload")
              .path("approval_id")
              .asText()
              .equals(notice.approval().toString())
          && !message.path("ts").asText().isEmpty()) {
        return Optional.of(new Notice.Place(settings.channelId(), message.path("ts").asText()));
      }
    }
    return Optional.empty();
  }

  @Override
  public Outcome<Notice.Place> update(Notice.Place place, Shown shown) throws InterruptedException {
    var message = SlackMessages.message(place.channel(), shown);
    return call("chat.update", SlackMessages.update(message, place.channel(), place.ts()))
        .then(_ -> new Outcome.Done<>(place));
  }

  @Override
  public Outcome<Notice.Place> reply(Notice.Place place, List<String> lines)
      throws InterruptedException {
    String text = lines.stream().map(SlackMessages::mrkdwn).collect(Collectors.joining("\n"));
    return call("chat.postMessage", SlackMessages.reply(place.channel(), place.ts(), text))
        .then(_ -> new Outcome.Done<>(place));
  }

  @Override
  public Outcome<Boolean> whisper(String user, String text) throws InterruptedException {
    var body = SlackMessages.whisper(settings.channelId(), user, text);
    return call("chat.postEphemeral", body).then(_ -> new Outcome.Done<>(true));
  }

  @Override
  public boolean isGone(String why) {
    return GONE.contains(why);
  }

  @Override
  public boolean isElsewhere(Notice.Place place, String why) {
    return !place.channel().equals(settings.channelId())
        && ELSEWHERE.contains(why.substring(why.indexOf(' ') + 1));
  }
}
