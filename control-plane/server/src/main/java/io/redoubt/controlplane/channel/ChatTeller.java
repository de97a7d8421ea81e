package io.redoubt.controlplane.channel;

import io.redoubt.protocol.approval.ApprovalStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/** A message for each request, changed as the request changes, with its history below it. */
final class ChatTeller implements Teller {
  private final Function<Job, Chat> chats;

  ChatTeller(Function<Job, Chat> chats) {
    this.chats = chats;
  }

  @Override
  public Step step(Job job) throws InterruptedException {
    var chat = chats.apply(job);
    var notice = job.notice();
    if (notice.whisper() != null) {
      return whisper(chat, notice, notice.whisper());
    }
    var view = job.standing().view();
    if (notice.place() == null) {
      if (notice.begun()) {
        return find(chat, job);
      }
      return Words.isTold(view)
          ? post(chat, job)
          : new Ended("missed", "it was over before anybody could be told");
    }
    return notice.shown() < view.version()
        ? update(chat, job, notice.place())
        : reply(chat, job, notice.place());
  }

  private static Step whisper(Chat chat, Notice notice, Notice.Whisper whisper)
      throws InterruptedException {
    return switch (chat.whisper(whisper.user(), whisper.text())) {
      case Outcome.Done<Boolean> _ -> new Said(notice);
      case Outcome.Later<Boolean>(var why, var _, var pause) -> new Held(notice, why, pause);
      case Outcome.Refused<Boolean>(var why) -> new Ended("dead", why);
    };
  }

  private static Step post(Chat chat, Job job) throws InterruptedException {
    job.begin().run();
    var notice = job.notice();
    var shown = job.standing();
    return switch (chat.post(shown)) {
      case Outcome.Done<Notice.Place>(var place) ->
          new Further(
              notice.shownAt(place, shown.view().version(), Standing.of(shown.view())),
              where(place));
      // What may have been posted is looked for before it is posted again.
      case Outcome.Later<Notice.Place>(var why, var reached, var pause) ->
          new Held(reached ? notice.uncertain() : notice.lost(), why, pause);
      case Outcome.Refused<Notice.Place>(var why) -> new Ended("dead", why);
    };
  }

  private static String where(Notice.Place place) {
    return place.channel() + "/" + place.ts();
  }

  /** Looks whether it was posted by somebody who could not say so any more. */
  private static Step find(Chat chat, Job job) throws InterruptedException {
    var notice = job.notice();
    return switch (chat.find(notice)) {
      case Outcome.Done<Optional<Notice.Place>>(var found) ->
          found
              .<Step>map(place ->
                  new Further(
                      notice.shownAt(place, 0, Standing.of(job.standing().view())), where(place)))
              .orElseGet(() -> new Further(notice.lost(), null));
      case Outcome.Later<Optional<Notice.Place>>(var why, var _, var pause) ->
          new Held(notice, why, pause);
      case Outcome.Refused<Optional<Notice.Place>> _ -> new Further(notice.lost(), null);
    };
  }

  private static Step update(Chat chat, Job job, Notice.Place place) throws InterruptedException {
    var notice = job.notice();
    var shown = job.standing();
    return switch (chat.update(place, shown)) {
      case Outcome.Done<Notice.Place> _ ->
          new Further(notice.shownAt(place, shown.view().version(), told(job)), null);
      case Outcome.Later<Notice.Place>(var why, var _, var _) when chat.isElsewhere(place, why) ->
          gone(job, why);
      case Outcome.Later<Notice.Place>(var why, var _, var pause) -> new Held(notice, why, pause);
      case Outcome.Refused<Notice.Place>(var why) when chat.isGone(why) -> gone(job, why);
      case Outcome.Refused<Notice.Place>(var why) -> new Ended("dead", why);
    };
  }

  /** Somebody who is to decide must see it again; nobody else. */
  private static Step gone(Job job, String why) {
    return job.standing().view().status() == ApprovalStatus.PENDING
        ? new Further(job.notice().lost(), null)
        : new Ended("missed", "its message is gone: " + why);
  }

  private static Standing told(Job job) {
    var standing = job.notice().standing();
    return standing == null ? Standing.of(job.standing().view()) : standing;
  }

  private static Step reply(Chat chat, Job job, Notice.Place place) throws InterruptedException {
    var shown = job.standing();
    var notice = job.notice();
    var said = new Said(notice.told(Standing.of(shown.view())));
    var lines = Words.history(told(job), shown);
    if (lines.isEmpty()) {
      return said;
    }
    return switch (chat.reply(place, lines)) {
      case Outcome.Done<Notice.Place> _ -> said;
      case Outcome.Later<Notice.Place>(var why, var _, var _) when chat.isElsewhere(place, why) ->
          said;
      case Outcome.Later<Notice.Place>(var why, var _, var pause) -> new Held(notice, why, pause);
      // The message above says how it stands: a thread that cannot be written to is no reason to
      // try on.
      case Outcome.Refused<Notice.Place> _ -> said;
    };
  }

  /** An answer that should have named a message, and did not. */
  static <T> Outcome<T> nameless() {
    return new Outcome.Later<>("an answer without a message", true, Duration.ZERO);
  }
}
