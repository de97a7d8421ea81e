package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.controlplane.approval.Approvals;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.approval.ApprovalView.Decision;
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
  private final Changeable changeable;
  private final SlackApi slack;
  private final CallbackRecord record;
  private final Semaphore modals = new Semaphore(MODALS_AT_ONCE);

  SlackDoor(
      Database database,
      SlackProof proof,
      Ballot ballot,
      Changeable changeable,
      SlackApi slack,
      CallbackRecord record) {
    this.database = database;
    this.proof = proof;
    this.ballot = ballot;
    this.changeable = changeable;
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
      case SlackCallback.AskChange ask -> {
        askChange(host, caller, ask);
        yield Optional.empty();
      }
      case SlackCallback.Decide(var choice) -> decide(caller, choice);
      case SlackCallback.Change change -> change(caller, change);
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

  private void askWhy(SlackProof.Host host, Ballot.Caller caller, SlackCallback.AskWhy ask) {
    if (mayLook(caller, ask.id(), Permission.APPROVALS_DECIDE)) {
      open(host, caller, ask.id(), SlackMessages.reasonModal(ask.trigger(), ask.id()));
    }
  }

  private void askChange(SlackProof.Host host, Ballot.Caller caller, SlackCallback.AskChange ask) {
    if (!mayLook(caller, ask.id(), Permission.APPROVALS_EDIT)) {
      return;
    }
    var arguments =
        host.settings().arguments() == ArgumentsShown.NONE
            ? Optional.<String>empty()
            : changeable.of(host.organization(), ask.id());
    arguments.ifPresentOrElse(
        text ->
            open(host, caller, ask.id(), SlackMessages.changeModal(ask.trigger(), ask.id(), text)),
        () -> {
          record.count(SLACK, "unchangeable");
          whisper(
              caller,
              ask.id(),
              "It cannot be changed here (any more). Look at it by `redoubt approvals show "
                  + ask.id()
                  + "`.");
        });
  }

  private boolean mayLook(Ballot.Caller caller, ApprovalId id, Permission needed) {
    var stranger = ballot.look(caller, id, needed);
    stranger.ifPresent(refusal -> {
      ballot.turnAway(caller, id, refusal);
      whisper(caller, id, refusal.told());
    });
    return stranger.isEmpty();
  }

  /** Opens the form at once: Slack's permission to do so lives for three seconds. */
  private void open(SlackProof.Host host, Ballot.Caller caller, ApprovalId id, ObjectNode form) {
    if (!modals.tryAcquire()) {
      record.count(SLACK, "too-many");
      throw ProblemException.retryAfter(ErrorType.RATE_LIMITED, "Too many forms at once.", 1);
    }
    Thread.ofVirtual()
        .name("redoubt-slack-form")
        .start(() -> {
          try {
            var opened = slack.call(host.settings().baseUrl(), host.secrets(), "views.open", form);
            if (!(opened instanceof Outcome.Done<JsonNode>)) {
              LOG.info("A form could not be opened in Slack: {}", opened);
              whisper(caller, id, "The form could not be opened; try again.");
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

  /**
   * What is wrong with the arguments as such is said in the form; the rest is the enclave's word.
   */
  private Optional<ObjectNode> change(Ballot.Caller caller, SlackCallback.Change change) {
    var arguments = Ballot.typed(change.arguments());
    if (arguments.refusal() != null) {
      record.refused(
          SLACK,
          caller.organization(),
          "arguments",
          caller.user(),
          change.id(),
          "no usable arguments: " + arguments.refusal(),
          caller.traceId());
      return Optional.of(complaint(SlackMessages.ARGUMENTS, Ballot.UNUSABLE + arguments.refusal()));
    }
    return decide(
        caller,
        new Ballot.Choice(change.id(), Decision.APPROVE, change.reason(), arguments.values()));
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
      return Optional.of(
          complaint(SlackMessages.REASON, "1 to " + Words.MAX_REASON + " characters, on one line"));
    }
    switch (ballot.cast(caller, choice)) {
      case Ballot.Refusal refusal -> whisper(caller, choice.id(), refusal.told());
      case Ballot.Sent(var vote) -> follow(caller, vote);
      case Ballot.Repeated(var vote) -> follow(caller, vote);
    }
    return Optional.empty();
  }

  /** What a form shows below one of its fields. */
  private static ObjectNode complaint(String field, String text) {
    ObjectNode answer = Json.LENIENT.createObjectNode().put("response_action", "errors");
    answer.putObject("errors").put(field, text);
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
