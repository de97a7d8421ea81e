package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.json.Json;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** A message for each request, changed as the request changes, with its history in the thread. */
final class SlackTeller implements Teller {
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

  SlackTeller(SlackApi slack) {
    this.slack = slack;
  }

  /** One message's worth of what is known. */
  private record Talk(SlackSettings settings, SlackSecrets secrets, Job job) {
    Notice notice() {
      return job.notice();
    }
  }

  @Override
  public Step step(Job job) throws InterruptedException {
    var settings = Json.LENIENT.convertValue(job.settings(), SlackSettings.class);
    var talk = new Talk(settings, SlackSecrets.of(job.secrets()), job);
    var notice = job.notice();
    if (notice.whisper() != null) {
      return whisper(talk, notice.whisper());
    }
    var view = job.standing().view();
    if (notice.place() == null) {
      if (notice.begun()) {
        return find(talk);
      }
      return view.status() == ApprovalStatus.PENDING
          ? post(talk)
          : new Ended("missed", "it was over before anybody could be told");
    }
    return notice.shown() < view.version()
        ? update(talk, notice.place())
        : reply(talk, notice.place());
  }

  private Outcome<JsonNode> call(Talk talk, String method, JsonNode body)
      throws InterruptedException {
    return slack.call(talk.settings().baseUrl(), talk.secrets(), method, body);
  }

  private Step whisper(Talk talk, Notice.Whisper whisper) throws InterruptedException {
    var body = SlackMessages.whisper(talk.settings().channelId(), whisper.user(), whisper.text());
    return switch (call(talk, "chat.postEphemeral", body)) {
      case Outcome.Done<JsonNode> _ -> new Said(talk.notice());
      case Outcome.Later<JsonNode>(var why, var _, var pause) ->
          new Held(talk.notice(), why, pause);
      case Outcome.Refused<JsonNode>(var why) -> new Ended("dead", why);
    };
  }

  private Step post(Talk talk) throws InterruptedException {
    talk.job().begin().run();
    var shown = talk.job().standing();
    var message = SlackMessages.message(talk.settings().channelId(), shown);
    return switch (call(talk, "chat.postMessage", message)) {
      case Outcome.Done<JsonNode>(var answer) -> posted(talk, answer);
      // What may have been posted is looked for before it is posted again.
      case Outcome.Later<JsonNode>(var why, var reached, var pause) ->
          new Held(reached ? talk.notice().uncertain() : talk.notice().lost(), why, pause);
      case Outcome.Refused<JsonNode>(var why) -> new Ended("dead", why);
    };
  }

  private static Step posted(Talk talk, JsonNode answer) {
    var place = new Notice.Place(answer.path("channel").asText(), answer.path("ts").asText());
    if (place.channel().isEmpty() || place.ts().isEmpty()) {
      return new Held(talk.notice().uncertain(), "an answer without a message", Duration.ZERO);
    }
    var view = talk.job().standing().view();
    return new Further(
        talk.notice().shownAt(place, view.version(), Standing.of(view)), where(place));
  }

  private static String where(Notice.Place place) {
    return place.channel() + "/" + place.ts();
  }

  /** Looks whether it was posted by somebody who could not say so any more. */
  private Step find(Talk talk) throws InterruptedException {
    var notice = talk.notice();
    ObjectNode query = Json.LENIENT.createObjectNode();
    query.put("channel", talk.settings().channelId());
    query.put("oldest", notice.askedAt().minus(BEFORE).getEpochSecond() + ".000000");
    query.put("include_all_metadata", true).put("limit", MOST_MESSAGES);
    return switch (call(talk, "conversations.history", query)) {
      case Outcome.Done<JsonNode>(var answer) ->
          found(talk, answer)
              .<Step>map(place ->
                  new Further(
                      notice.shownAt(place, 0, Standing.of(talk.job().standing().view())),
                      where(place)))
              .orElseGet(() -> new Further(notice.lost(), null));
      case Outcome.Later<JsonNode>(var why, var _, var pause) ->
          // An app that may not look has to take the risk of saying it twice.
          why.endsWith("missing_scope")
              ? new Further(notice.lost(), null)
              : new Held(notice, why, pause);
      case Outcome.Refused<JsonNode> _ -> new Further(notice.lost(), null);
    };
  }

  private static Optional<Notice.Place> found(Talk talk, JsonNode answer) {
    for (var message : answer.path("messages")) {
      var metadata = message.path("metadata");
      if (metadata.path("event_type").asText().equals(SlackMessages.EVENT)
          && metadata
              .path("event_payload")
              .path("approval_id")
              .asText()
              .equals(talk.notice().approval().toString())
          && !message.path("ts").asText().isEmpty()) {
        return Optional.of(
            new Notice.Place(talk.settings().channelId(), message.path("ts").asText()));
      }
    }
    return Optional.empty();
  }

  private Step update(Talk talk, Notice.Place place) throws InterruptedException {
    var shown = talk.job().standing();
    var view = shown.view();
    var message = SlackMessages.message(place.channel(), shown);
    var body = SlackMessages.update(message, place.channel(), place.ts());
    var notice = talk.notice();
    return switch (call(talk, "chat.update", body)) {
      case Outcome.Done<JsonNode> _ ->
          new Further(notice.shownAt(place, view.version(), told(talk)), null);
      case Outcome.Later<JsonNode>(var why, var _, var _) when isElsewhere(talk, place, why) ->
          gone(talk, why);
      case Outcome.Later<JsonNode>(var why, var _, var pause) -> new Held(notice, why, pause);
      case Outcome.Refused<JsonNode>(var why) when GONE.contains(why) -> gone(talk, why);
      case Outcome.Refused<JsonNode>(var why) -> new Ended("dead", why);
    };
  }

  /** Whether it is in a channel that requests are not shown in any more, and cannot be reached. */
  private static boolean isElsewhere(Talk talk, Notice.Place place, String why) {
    return !place.channel().equals(talk.settings().channelId())
        && ELSEWHERE.contains(why.substring(why.indexOf(' ') + 1));
  }

  /** Somebody who is to decide must see it again; nobody else. */
  private static Step gone(Talk talk, String why) {
    return talk.job().standing().view().status() == ApprovalStatus.PENDING
        ? new Further(talk.notice().lost(), null)
        : new Ended("missed", "its message is gone: " + why);
  }

  private static Standing told(Talk talk) {
    var standing = talk.notice().standing();
    return standing == null ? Standing.of(talk.job().standing().view()) : standing;
  }

  private Step reply(Talk talk, Notice.Place place) throws InterruptedException {
    var shown = talk.job().standing();
    var now = Standing.of(shown.view());
    var notice = talk.notice();
    var text = SlackMessages.history(told(talk), shown);
    if (text.isEmpty()) {
      return new Said(notice.told(now));
    }
    var body = SlackMessages.reply(place.channel(), place.ts(), text.get());
    return switch (call(talk, "chat.postMessage", body)) {
      case Outcome.Done<JsonNode> _ -> new Said(notice.told(now));
      case Outcome.Later<JsonNode>(var why, var _, var _) when isElsewhere(talk, place, why) ->
          new Said(notice.told(now));
      case Outcome.Later<JsonNode>(var why, var _, var pause) -> new Held(notice, why, pause);
      // The message above says how it stands: a thread that cannot be written to is no reason to
      // try on.
      case Outcome.Refused<JsonNode> _ -> new Said(notice.told(now));
    };
  }
}
