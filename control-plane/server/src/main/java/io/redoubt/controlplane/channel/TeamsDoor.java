package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.controlplane.approval.Approvals;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the Bot Framework calls. Teams shows who pressed a button what the call is answered with:
 * the enclave's word on the vote, if it comes in time; what does not count is told to them later
 * otherwise.
 */
final class TeamsDoor implements Door {
  private static final Logger LOG = LoggerFactory.getLogger(TeamsDoor.class);
  private static final Channel.Kind TEAMS = Channel.Kind.TEAMS;

  /** Since the call came: well within what it may take, on its way through an enclave, too. */
  private static final long WORD_NANOS = 1_500_000_000L;

  private static final String HEARD = "Your vote counts.";

  private final Database database;
  private final TeamsProof proof;
  private final Ballot ballot;
  private final CallbackRecord record;

  TeamsDoor(Database database, TeamsProof proof, Ballot ballot, CallbackRecord record) {
    this.database = database;
    this.proof = proof;
    this.ballot = ballot;
    this.record = record;
  }

  @Override
  public CompletionStage<Optional<ObjectNode>> answer(Knock knock) {
    long until = System.nanoTime() + WORD_NANOS;
    return database.blocking(() -> begun(knock, until)).thenCompose(answer -> answer);
  }

  private CompletionStage<Optional<ObjectNode>> begun(Knock knock, long until) {
    var proven = proof.of(knock);
    TeamsActivity.Act act;
    try {
      act = proven.activity().act();
    } catch (TeamsActivity.UnreadableException e) {
      record.refused(
          TEAMS, proven.organization(), "unreadable", null, null, e.getMessage(), knock.traceId());
      throw ProblemException.of(
          ErrorType.MALFORMED_REQUEST, "It is not what the Bot Framework sends.");
    }
    return switch (act) {
      case TeamsActivity.Nothing _ -> CompletableFuture.completedFuture(Optional.empty());
      case TeamsActivity.Decide decide ->
          decided(caller(proven, decide, knock), decide, until)
              .thenApply(text -> Optional.of(said(text)));
      case TeamsActivity.Change change ->
          changed(caller(proven, change.approved(), knock), change, until)
              .thenApply(text -> Optional.of(said(text)));
    };
  }

  private static Ballot.Caller caller(
      TeamsProof.Proven proven, TeamsActivity.Decide decide, Knock knock) {
    return new Ballot.Caller(TEAMS, proven.organization(), decide.user(), null, knock.traceId());
  }

  private CompletionStage<String> changed(
      Ballot.Caller caller, TeamsActivity.Change change, long until) {
    var arguments = Ballot.typed(change.arguments());
    var approved = change.approved();
    if (arguments.refusal() == null) {
      return decided(caller, approved.with(arguments.values()), until);
    }
    record.refused(
        TEAMS,
        caller.organization(),
        "arguments",
        caller.user(),
        approved.choice().id(),
        "no usable arguments: " + arguments.refusal(),
        caller.traceId());
    return CompletableFuture.completedFuture(Ballot.UNUSABLE + arguments.refusal());
  }

  private CompletionStage<String> decided(
      Ballot.Caller caller, TeamsActivity.Decide decide, long until) {
    var choice = decide.choice();
    if (!Ballot.isReasoned(choice)) {
      record.refused(
          TEAMS,
          caller.organization(),
          "reason",
          caller.user(),
          choice.id(),
          "no usable reason",
          caller.traceId());
      return CompletableFuture.completedFuture(
          "The reason has 1 to " + Words.MAX_REASON + " characters, on one line.");
    }
    return switch (ballot.cast(caller, choice)) {
      case Ballot.Refusal(var _, var told) -> CompletableFuture.completedFuture(told);
      case Ballot.Sent(var vote) -> followed(caller, decide, vote, until);
      case Ballot.Repeated(var vote) -> followed(caller, decide, vote, until);
    };
  }

  private CompletionStage<String> followed(
      Ballot.Caller caller, TeamsActivity.Decide decide, Approvals.Vote vote, long until) {
    var word = ballot.outcome(caller, vote).toCompletableFuture();
    var answer =
        word.thenApply(told -> told.orElse(HEARD))
            .copy()
            .completeOnTimeout(Ballot.UNANSWERED, until - System.nanoTime(), TimeUnit.NANOSECONDS);
    var _ =
        word.thenAcceptBoth(
                answer,
                (told, answered) -> {
                  if (answered.equals(Ballot.UNANSWERED)) {
                    told.filter(text -> !text.equals(answered))
                        .ifPresent(text ->
                            ballot.whisper(caller, decide.address(), vote.approval(), text));
                  }
                })
            .exceptionally(failure -> {
              LOG.warn("What became of a vote could not be told", failure);
              return null;
            });
    return answer;
  }

  /** Text that Teams shows to who pressed, below the card. */
  private static ObjectNode said(String text) {
    return Json.LENIENT
        .createObjectNode()
        .put("statusCode", 200)
        .put("type", "application/vnd.microsoft.activity.message")
        .put("value", text);
  }
}
