package io.redoubt.controlplane.channel;

import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.secret.Secret;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A mail to each who is asked, whenever others are asked, and once it is over. A plain
 * notification: nothing is decided by an answer. One mail is one call, and it is written down who
 * has got theirs, so that one mailbox that is full neither keeps the others waiting for long nor
 * gets them a second one.
 */
final class EmailTeller implements Teller {
  private final Mailer mailer;

  EmailTeller(Mailer mailer) {
    this.mailer = mailer;
  }

  /**
   * How far a round of mails has come.
   *
   * @param round what they are about
   * @param told digests of addresses
   * @param refused digests of those that there is no telling
   * @param busy digests of those that are to be tried again once all others have got theirs
   */
  private record Progress(String round, Set<String> told, Set<String> refused, Set<String> busy) {
    private static final char REFUSED = '!';
    private static final char BUSY = '?';
    private static final int DIGITS = 16;

    static Progress of(Notice.@Nullable Place place, String round) {
      if (place == null || !place.channel().equals(round)) {
        return new Progress(round, Set.of(), Set.of(), Set.of());
      }
      var all = List.of(place.ts().split(",", -1));
      return new Progress(round, of(all, '\0'), of(all, REFUSED), of(all, BUSY));
    }

    /** Those that bear the mark; zero: those that bear none. */
    private static Set<String> of(List<String> all, char mark) {
      return all.stream()
          .filter(it -> !it.isEmpty() && mark(it) == mark)
          .map(it -> mark == 0 ? it : it.substring(1))
          .collect(Collectors.toUnmodifiableSet());
    }

    private static char mark(String marked) {
      char first = marked.charAt(0);
      return first == REFUSED || first == BUSY ? first : 0;
    }

    private static String digest(String address) {
      return Signatures.hex(Signatures.sha256(address)).substring(0, DIGITS);
    }

    boolean isDone(String address) {
      return Stream.of(told, refused, busy).anyMatch(it -> it.contains(digest(address)));
    }

    Progress told(String address) {
      return new Progress(round, and(told, address), refused, busy);
    }

    Progress refused(String address) {
      return new Progress(round, told, and(refused, address), busy);
    }

    Progress busy(String address) {
      return new Progress(round, told, refused, and(busy, address));
    }

    /** Those that were busy are tried again. */
    Progress again() {
      return new Progress(round, told, refused, Set.of());
    }

    private static Set<String> and(Set<String> digests, String address) {
      var more = new LinkedHashSet<>(digests);
      more.add(digest(address));
      return Set.copyOf(more);
    }

    Notice.Place place() {
      return new Notice.Place(
          round,
          Stream.of(
                  told.stream(),
                  refused.stream().map(it -> REFUSED + it),
                  busy.stream().map(it -> BUSY + it))
              .flatMap(Function.identity())
              .collect(Collectors.joining(",")));
    }
  }

  @Override
  public Step step(Job job) throws InterruptedException {
    var notice = job.notice();
    if (notice.whisper() != null) {
      return new Ended("missed", "nobody is whispered to by mail");
    }
    var shown = job.standing();
    var view = shown.view();
    boolean anybodyTold = notice.standing() != null || notice.place() != null;
    if (!anybodyTold && !Words.isTold(view)) {
      return new Ended("missed", "it was over before anybody could be told");
    }
    // One end is told: a grant that is used while some have heard of it is not another.
    boolean pending = view.status() == ApprovalStatus.PENDING;
    String round = (pending ? "asked" : "ended") + "/" + view.workflow() + "/" + view.tier();
    var progress = Progress.of(notice.place(), round);
    if (!isNews(notice.standing(), view)) {
      return new Said(notice.shownAt(progress.place(), view.version(), Standing.of(view)));
    }
    var settings = Json.LENIENT.convertValue(job.settings(), EmailSettings.class);
    Optional<String> next =
        recipients(settings, shown).stream().filter(it -> !progress.isDone(it)).findFirst();
    if (next.isEmpty() && !progress.busy().isEmpty()) {
      return new Held(notice.at(progress.again().place()), "mailboxes are busy", Duration.ZERO);
    }
    if (next.isEmpty()) {
      return progress.told().isEmpty()
          ? new Ended("dead", "there was nobody who could be told")
          : new Said(notice.shownAt(progress.place(), view.version(), Standing.of(view)));
    }
    String to = next.get();
    var password = Secret.of(new String(job.secrets(), StandardCharsets.UTF_8));
    var mail = Mail.about(shown, round, settings.domain());
    return switch (mailer.send(settings, password, to, mail)) {
      case Outcome.Done<Mailer.Taken>(var taken) ->
          switch (taken) {
            case TAKEN -> new Further(notice.at(progress.told(to).place()), "email/" + to);
            case MAILBOX_BUSY -> new Further(notice.at(progress.busy(to).place()), null);
          };
      case Outcome.Later<Mailer.Taken>(var why, var _, var pause) -> new Held(notice, why, pause);
      case Outcome.Refused<Mailer.Taken>(var why) ->
          new PassedOver(notice.at(progress.refused(to).place()), to + ": " + why);
    };
  }

  /** Whether mails are worth it: others are asked, or nobody is any more. */
  private static boolean isNews(@Nullable Standing told, ApprovalView view) {
    if (told == null || Words.asksAnew(told, view)) {
      return true;
    }
    return told.status() == ApprovalStatus.PENDING && view.status() != ApprovalStatus.PENDING;
  }

  private static Set<String> recipients(EmailSettings settings, Shown shown) {
    var all = new LinkedHashSet<>(settings.to());
    if (settings.approvers()) {
      all.addAll(shown.askable());
    }
    return all;
  }
}
