package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.action.Arguments;
import io.redoubt.controlplane.approval.Approvals;
import io.redoubt.controlplane.iam.Members;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Operator;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.controlplane.operator.Trail;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalView.Decision;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.text.PlainText;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Makes votes of what people do in chats, in one way for all of them. Who somebody is follows from
 * what the organization has said of the user there; whether they may decide, from their roles at
 * this moment; whether the vote counts is the enclave's word, which comes later.
 */
final class Ballot {
  /** What is told of a vote of which nothing is known yet. */
  static final String UNANSWERED = "Your vote is on its way: its enclave has not answered yet.";

  /** What is told of arguments, before why. */
  static final String UNUSABLE = "They cannot be judged: ";

  private final Database database;
  private final Notices notices;
  private final Approvals approvals;
  private final Members members;
  private final Trail trail;
  private final CallbackRecord record;
  private final Clock clock;

  Ballot(
      Database database,
      Notices notices,
      Approvals approvals,
      Members members,
      Trail trail,
      CallbackRecord record,
      Clock clock) {
    this.database = database;
    this.notices = notices;
    this.approvals = approvals;
    this.members = members;
    this.trail = trail;
    this.record = record;
    this.clock = clock;
  }

  /**
   * Somebody in a chat, of whom nothing is known yet.
   *
   * @param user as the chat knows them
   * @param stranger why nobody like them is heard; null: they may be
   */
  record Caller(
      Channel.Kind kind,
      OrganizationId organization,
      String user,
      @Nullable Refusal stranger,
      String traceId) {}

  /**
   * What somebody says to a request.
   *
   * @param arguments that the call is approved with; null: it is decided as it is
   */
  record Choice(ApprovalId id, Decision decision, String reason, @Nullable ObjectNode arguments) {
    Choice(ApprovalId id, Decision decision, String reason) {
      this(id, decision, reason, null);
    }

    Permission needed() {
      return arguments == null ? Permission.APPROVALS_DECIDE : Permission.APPROVALS_EDIT;
    }
  }

  /** What a vote comes to, as long as the enclave has not answered. */
  sealed interface Cast {}

  record Sent(Approvals.Vote vote) implements Cast {}

  /** The same was said before: nothing new is sent. */
  record Repeated(Approvals.Vote vote) implements Cast {}

  /**
   * It is no vote.
   *
   * @param why for the record
   * @param told to who tried
   */
  record Refusal(String why, String told) implements Cast, Voter {}

  sealed interface Voter {}

  private record Known(Operator operator) implements Voter {}

  /**
   * Arguments as somebody typed them into a form. No text at all would be a call without any, which
   * nobody means who empties a field.
   */
  static Arguments typed(String json) {
    return json.isBlank()
        ? Arguments.refused("not there")
        : Arguments.parse(json.getBytes(StandardCharsets.UTF_8));
  }

  /** Whether the reason is one that may be kept; a denial needs one. */
  static boolean isReasoned(Choice choice) {
    return PlainText.fits(choice.reason(), Words.MAX_REASON)
        && !(choice.decision() == Decision.DENY && choice.reason().isBlank());
  }

  /**
   * Why the caller has no say at all; empty: they may have one, and that they have the request
   * before them is on record. Blocks.
   *
   * @param needed besides the permission to decide
   */
  Optional<Refusal> look(Caller caller, ApprovalId id, Permission needed) {
    return database.inOrganizationBlocking(
        caller.organization(),
        handle ->
            switch (voter(handle, caller, needed)) {
              case Refusal refusal -> Optional.of(refusal);
              case Known(var operator) -> {
                var change = new Change(handle, operator, clock, caller.traceId(), trail);
                approvals.looked(change, id, caller.kind().wire());
                yield Optional.empty();
              }
            });
  }

  /**
   * Sends the vote, if it is a new one. What is none is recorded, and what is shown put right.
   * Blocks.
   */
  Cast cast(Caller caller, Choice choice) {
    var cast = tried(caller, choice);
    switch (cast) {
      case Refusal refusal -> turnAway(caller, choice.id(), refusal);
      case Sent _ -> record.count(caller.kind(), "vote");
      case Repeated _ ->
          record.refused(
              caller.kind(),
              caller.organization(),
              "repeated",
              caller.user(),
              choice.id(),
              "the same person has said so before",
              caller.traceId());
    }
    return cast;
  }

  private Cast tried(Caller caller, Choice choice) {
    try {
      return database.inOrganizationBlocking(
          caller.organization(),
          handle ->
              switch (voter(handle, caller, choice.needed())) {
                case Refusal refusal -> refusal;
                case Known(var operator) ->
                    cast(
                        new Change(handle, operator, clock, caller.traceId(), trail),
                        choice,
                        caller.kind());
              });
    } catch (ProblemException e) {
      return e.type() == ErrorType.NOT_FOUND
          ? new Refusal("not a request of this organization", "It is not there.")
          : new Refusal(String.valueOf(e.getMessage()), String.valueOf(e.getMessage()));
    }
  }

  /** Who the user is at this moment. */
  private Voter voter(Handle handle, Caller caller, Permission needed) {
    if (caller.stranger() != null) {
      return caller.stranger();
    }
    Optional<MemberId> member =
        Channels.memberOf(handle, caller.organization(), caller.kind(), caller.user());
    if (member.isEmpty()) {
      return new Refusal(
          "nobody here",
          "You are nobody whom Redoubt knows. Somebody has to say which member you are.");
    }
    var operator = members.acting(Transaction.of(caller.organization(), handle), member.get());
    if (operator.isEmpty()) {
      return new Refusal(
          "not a member any more: " + member.get(), "You are not a member any more.");
    }
    if (!operator.get().may(Permission.APPROVALS_DECIDE)) {
      return new Refusal(
          member.get() + " needs " + Permission.APPROVALS_DECIDE.wire(),
          "You may not decide about approvals.");
    }
    return operator.get().may(needed)
        ? new Known(operator.get())
        : new Refusal(
            member.get() + " needs " + needed.wire(), "You may not change what is to be approved.");
  }

  /**
   * Sends the vote, once: the same person's same word on the same tier is the same vote, however
   * often a button is pressed, and in however many chats. Where the enclave has said that it does
   * not count, it is another: who was not asked may be by now.
   */
  private Cast cast(Change change, Choice choice, Channel.Kind through) {
    change.lockOrganization();
    ApprovalView view = approvals.find(change, choice.id());
    // Also where the button is an old one, or nobody's.
    if (choice.decision() == Decision.APPROVE && view.argumentsWithheld()) {
      return new Refusal(
          "its arguments are too large to be shown in a chat",
          "It cannot be approved here. " + Words.exactArguments(view) + ".");
    }
    byte[] key =
        Signatures.sha256(
            String.join(
                "\n",
                view.id().toString(),
                view.workflow(),
                Integer.toString(view.tier()),
                change.operator().subject(),
                choice.decision().wire(),
                choice.arguments() == null
                    ? ""
                    : new String(CanonicalJson.write(choice.arguments()), StandardCharsets.UTF_8)));
    var before =
        change
            .handle()
            .createQuery(
                """
                SELECT c.enclave_id, c.command_number
                FROM control.channel_vote c
                JOIN control.approval_vote v USING (organization_id, enclave_id, command_number)
                WHERE c.organization_id = :organization AND c.vote = :vote
                  AND coalesce(v.outcome, :heard) = :heard
                """)
            .bind("organization", change.organization().uuid())
            .bind("vote", key)
            .bind("heard", LinkReport.Hearing.HEARD.wire())
            .map((row, _) ->
                approvals.sent(
                    change,
                    new EnclaveId(Rows.uuid(row, "enclave_id")),
                    row.getLong("command_number"),
                    view.id()))
            .findOne();
    if (before.isPresent()) {
      return new Repeated(before.get());
    }
    var vote =
        approvals.vote(
            change,
            choice.id(),
            choice.decision(),
            choice.reason(),
            through.wire(),
            choice.arguments());
    change
        .handle()
        .createUpdate(
            """
            INSERT INTO control.channel_vote
              (organization_id, vote, enclave_id, command_number, approval_id, at)
            VALUES (:organization, :vote, :enclave, :number, :approval, :now)
            ON CONFLICT (organization_id, vote) DO UPDATE
            SET enclave_id = excluded.enclave_id, command_number = excluded.command_number,
              at = excluded.at
            """)
        .bind("organization", change.organization().uuid())
        .bind("vote", key)
        .bind("enclave", vote.enclave().uuid())
        .bind("number", vote.number())
        .bind("approval", view.id().uuid())
        .bind("now", change.now())
        .execute();
    return new Sent(vote);
  }

  /** What the enclave says to a vote, as its voter is to hear it; empty: it counts. */
  CompletionStage<Optional<String>> outcome(Caller caller, Approvals.Vote vote) {
    return approvals
        .answerTo(caller.organization(), vote)
        .thenApply(heard -> heard.map(Ballot::told).orElseGet(() -> Optional.of(UNANSWERED)));
  }

  private static Optional<String> told(Approvals.Heard heard) {
    return switch (heard.outcome()) {
      case HEARD -> Optional.empty();
      case UNKNOWN -> Optional.of("It is not there any more.");
      case DECIDED -> Optional.of("It is " + heard.approval().status().wire() + " already.");
      case VOTED_BEFORE -> Optional.of("You have said something else before.");
      case NOT_ASKED -> Optional.of("You are not among those who are asked now.");
      case EDIT_REFUSED -> Optional.ofNullable(heard.why());
      case REJECTED -> Optional.of("Its enclave could not carry it out; try again.");
      case NOT_FRESH ->
          Optional.of(
              "Whoever approves this has to authenticate again, which nobody can do here. Approve it"
                  + " by `redoubt approvals approve "
                  + heard.approval().id()
                  + "`.");
    };
  }

  /** Not this person, or not any more: on record, and what they saw is shown anew. Blocks. */
  void turnAway(Caller caller, ApprovalId id, Refusal refusal) {
    record.refused(
        caller.kind(),
        caller.organization(),
        "refused",
        caller.user(),
        id,
        refusal.why(),
        caller.traceId());
    database.inOrganizationBlocking(
        caller.organization(),
        handle -> {
          notices.again(handle, caller.organization(), caller.kind(), id);
          return id;
        });
  }

  /** Tells who called something about a request, and nobody else, later. Blocks. */
  void whisper(Caller caller, String to, ApprovalId about, String text) {
    database.inOrganizationBlocking(
        caller.organization(),
        handle -> {
          notices.whisper(
              handle, caller.organization(), caller.kind(), about, new Notice.Whisper(to, text));
          return about;
        });
  }
}
