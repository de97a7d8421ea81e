package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.controlplane.approval.Approvals;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where Slack calls. What it is answered within its three seconds says only that it was heard; what
 * does not count is told to who pressed, by a word that nobody else sees.
 */
final class SlackDoor implements Door {
  private static final Logger LOG = LoggerFactory.getLogger(SlackDoor.class);
  private static final Channel.Kind SLACK = Channel.Kind.SLACK;
  private static final int MODALS_AT_ONCE = 16;

  private final Database database;
  private final SlackProof proof;
  private final Ballot ballot;
  private final SlackApi slack;
  private final CallbackRecord record;
  private final Semaphore modals = new Semaphore(MODALS_AT_ONCE);

  SlackDoor(
      Database database, SlackProof proof, Ballot ballot, SlackApi slack, CallbackRecord record) {
    this.database = database;
    this.proof = proof;
    this.ballot = ballot;
    this.slack = slack;
    this.record = record;
  }

  @Override
  public CompletionStage<Optional<ObjectNode>> answer(Knock knock) {
    return database.blocking(() -> answerNow(knock));
  }

  private Optional<ObjectNode> answerNow(Knock knock) {
    var proven = proof.of(knock);
    var host = proven.host();
    SlackCallback callback;
    try {
      callback = SlackCallback.read(proven.payload());
    } catch (SlackCallback.UnreadableException e) {
      record.refused(
          SLACK, host.organization(), "unreadable", null, null, e.getMessage(), knock.traceId());
      throw ProblemException.of(ErrorType.MALFORMED_REQUEST, "It is not what Slack sends.");
    }
    var caller = caller(host, callback, knock);
    return switch (callback.act()) {
      case SlackCallback.Nothing _ -> Optional.empty();
      case SlackCallback.AskWhy ask -> {
        askWhy(host, caller, ask);
        yield Optional.empty();
      }
      case SlackCallback.Decide(var choice) -> decide(caller, choice);
    };
  }

  private static Ballot.Caller caller(SlackProof.Host host, SlackCallback callback, Knock knock) {
    String team = host.settings().teamId();
    boolean isOfTeam = callback.team().equals(team) && callback.userTeam().equals(team);
    return new Ballot.Caller(
        SLACK,
        host.organization(),
        callback.user(),
        isOfTeam
            ? null
            : new Ballot.Refusal(
                "of another workspace", "Only people of this workspace can decide."),
        knock.traceId());
  }

  /** Opens the form at once: Slack's permission to do so lives for three seconds. */
  private void askWhy(SlackProof.Host host, Ballot.Caller caller, SlackCallback.AskWhy ask) {
    var stranger = ballot.look(caller, ask.id());
    if (stranger.isPresent()) {
      ballot.turnAway(caller, ask.id(), stranger.get());
      whisper(caller, ask.id(), stranger.get().told());
      return;
    }
    if (!modals.tryAcquire()) {
      record.count(SLACK, "too-many");
      throw ProblemException.retryAfter(ErrorType.RATE_LIMITED, "Too many forms at once.", 1);
    }
    Thread.ofVirtual()
        .name("redoubt-slack-form")
        .start(() -> {
          try {
            var form = SlackMessages.reasonModal(ask.trigger(), ask.id());
            var opened = slack.call(host.settings().baseUrl(), host.secrets(), "views.open", form);
            if (!(opened instanceof Outcome.Done<JsonNode>)) {
              LOG.info("A form could not be opened in Slack: {}", opened);
              whisper(caller, ask.id(), "The form could not be opened; try again.");
            }
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          } catch (RuntimeException e) {
            LOG.warn("A form could not be opened in Slack", e);
          } finally {
            modals.release();
          }
        });
    record.count(SLACK, "form");
  }

  private Optional<ObjectNode> decide(Ballot.Caller caller, Ballot.Choice choice) {
    if (!Ballot.isReasoned(choice)) {
      record.refused(
          SLACK,
          caller.organization(),
          "reason",
          caller.user(),
          choice.id(),
          "no usable reason",
          caller.traceId());
      return Optional.of(complaint("1 to " + Words.MAX_REASON + " characters, on one line"));
    }
    switch (ballot.cast(caller, choice)) {
      case Ballot.Refusal refusal -> whisper(caller, choice.id(), refusal.told());
      case Ballot.Sent(var vote) -> follow(caller, vote);
      case Ballot.Repeated(var vote) -> follow(caller, vote);
    }
    return Optional.empty();
  }

  /** What a form shows below its field. */
  private static ObjectNode complaint(String text) {
    ObjectNode answer = Json.LENIENT.createObjectNode().put("response_action", "errors");
    answer.putObject("errors").put(SlackMessages.REASON, text);
    return answer;
  }

  /** Tells who decided what the enclave says to it, if that is not what the message will show. */
  private void follow(Ballot.Caller caller, Approvals.Vote vote) {
    var _ =
        ballot
            .outcome(caller, vote)
            .thenAccept(told -> told.ifPresent(text -> whisper(caller, vote.approval(), text)))
            .exceptionally(failure -> {
              LOG.warn("What became of a vote could not be told", failure);
              return null;
            });
  }

  private void whisper(Ballot.Caller caller, ApprovalId id, String text) {
    ballot.whisper(caller, caller.user(), id, text);
  }
}
