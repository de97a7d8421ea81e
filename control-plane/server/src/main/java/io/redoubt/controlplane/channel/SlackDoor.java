package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.MeterRegistry;
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
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.text.PlainText;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where Slack calls. Whose call it is follows from the secret that it is signed with, and from
 * nothing it says; who presses a button is a member by what the organization has said, and may
 * decide if the member may at this moment. What it is answered within Slack's three seconds says
 * only that it was heard: whether a vote counts is the enclave's word, and is told later.
 */
public final class SlackDoor {
  private static final Logger LOG = LoggerFactory.getLogger(SlackDoor.class);
  private static final Channel.Kind SLACK = Channel.Kind.SLACK;
  private static final String THROUGH = "slack";
  private static final int MODALS_AT_ONCE = 16;

  private final Database database;
  private final Notices notices;
  private final Approvals approvals;
  private final Members members;
  private final SlackApi slack;
  private final Trail trail;
  private final CallbackRecord record;
  private final SlackProof proof;
  private final Semaphore modals = new Semaphore(MODALS_AT_ONCE);
  private final Clock clock;

  SlackDoor(
      ChannelsConfig config,
      Database database,
      Channels channels,
      Notices notices,
      Approvals approvals,
      Members members,
      SlackApi slack,
      Trail trail,
      MeterRegistry metrics,
      Clock clock) {
    this.database = database;
    this.notices = notices;
    this.approvals = approvals;
    this.members = members;
    this.slack = slack;
    this.trail = trail;
    this.record = new CallbackRecord(database, trail, metrics, clock);
    this.proof = new SlackProof(config, database, channels, record, clock);
    this.clock = clock;
  }

  /**
   * A call as it came.
   *
   * @param timestamp and {@code signature} null: it has none
   * @param stranger hears that it was made up. Not so a call for an app that nobody here has: Slack
   *     sends that, from its own addresses, for whoever gives it ours
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Knock(
      @Nullable String timestamp,
      @Nullable String signature,
      byte[] body,
      String traceId,
      Runnable stranger) {}

  /** What a vote comes to, as long as the enclave has not answered. */
  private sealed interface Cast {}

  private record Sent(Approvals.Vote vote) implements Cast {}

  /** The same was said before: nothing new is sent. */
  private record Repeated(Approvals.Vote vote) implements Cast {}

  private record Rejected(String why, String told) implements Cast {}

  /**
   * Answers a call: with what Slack is to show, or nothing.
   *
   * @return fails with a {@link ProblemException} where it is not Slack's, or not to be heard
   */
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
          host.organization(), "unreadable", null, null, e.getMessage(), knock.traceId());
      throw ProblemException.of(ErrorType.MALFORMED_REQUEST, "It is not what Slack sends.");
    }
    return switch (callback.act()) {
      case SlackCallback.Nothing _ -> Optional.empty();
      case SlackCallback.AskWhy ask -> {
        askWhy(host, callback, ask, knock);
        yield Optional.empty();
      }
      case SlackCallback.Decide decide -> decide(host, callback, decide, knock);
    };
  }

  /** Opens the form at once: Slack's permission to do so lives for three seconds. */
  private void askWhy(
      SlackProof.Host host, SlackCallback callback, SlackCallback.AskWhy ask, Knock knock) {
    var stranger =
        database.inOrganizationBlocking(
            host.organization(),
            handle ->
                switch (voter(handle, host, callback)) {
                  case Refusal refusal -> refusal;
                  case Known(var operator) -> {
                    var change = new Change(handle, operator, clock, knock.traceId(), trail);
                    approvals.looked(change, ask.id(), THROUGH);
                    yield null;
                  }
                });
    if (stranger != null) {
      turnAway(host, callback, ask.id(), stranger.why(), stranger.told(), knock);
      return;
    }
    if (!modals.tryAcquire()) {
      record.count("too-many");
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
              whisper(host, callback, ask.id(), "The form could not be opened; try again.");
            }
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          } catch (RuntimeException e) {
            LOG.warn("A form could not be opened in Slack", e);
          } finally {
            modals.release();
          }
        });
    record.count("form");
  }

  private Optional<ObjectNode> decide(
      SlackProof.Host host, SlackCallback callback, SlackCallback.Decide decide, Knock knock) {
    boolean denial = decide.decision() == Decision.DENY;
    String reason = decide.reason();
    if (!PlainText.fits(reason, SlackMessages.MAX_REASON) || (denial && reason.isBlank())) {
      record.refused(
          host.organization(),
          "reason",
          callback.user(),
          decide.id(),
          "no usable reason",
          knock.traceId());
      return Optional.of(
          complaint("1 to " + SlackMessages.MAX_REASON + " characters, on one line"));
    }
    switch (cast(host, callback, decide, knock)) {
      case Rejected(var why, var told) -> turnAway(host, callback, decide.id(), why, told, knock);
      case Sent(var vote) -> {
        record.count("vote");
        follow(host, callback, vote);
      }
      case Repeated(var vote) -> {
        record.count("repeated");
        follow(host, callback, vote);
      }
    }
    return Optional.empty();
  }

  /** What a form shows below its field. */
  private static ObjectNode complaint(String text) {
    ObjectNode answer = Json.LENIENT.createObjectNode().put("response_action", "errors");
    answer.putObject("errors").put(SlackMessages.REASON, text);
    return answer;
  }

  private sealed interface Voter {}

  private record Known(Operator operator) implements Voter {}

  private record Refusal(String why, String told) implements Voter {}

  /** Who the user is at this moment. */
  private Voter voter(Handle handle, SlackProof.Host host, SlackCallback callback) {
    if (!callback.team().equals(host.settings().teamId())
        || !callback.userTeam().equals(host.settings().teamId())) {
      return new Refusal("of another workspace", "Only people of this workspace can decide.");
    }
    Optional<MemberId> member =
        Channels.memberOf(handle, host.organization(), SLACK, callback.user());
    if (member.isEmpty()) {
      return new Refusal(
          "nobody here",
          "You are nobody whom Redoubt knows. Somebody has to say which member you are.");
    }
    var operator = members.acting(Transaction.of(host.organization(), handle), member.get());
    if (operator.isEmpty()) {
      return new Refusal(
          "not a member any more: " + member.get(), "You are not a member any more.");
    }
    return operator.get().may(Permission.APPROVALS_DECIDE)
        ? new Known(operator.get())
        : new Refusal(
            member.get() + " needs " + Permission.APPROVALS_DECIDE.wire(),
            "You may not decide about approvals.");
  }

  private Cast cast(
      SlackProof.Host host, SlackCallback callback, SlackCallback.Decide decide, Knock knock) {
    try {
      return database.inOrganizationBlocking(
          host.organization(),
          handle ->
              switch (voter(handle, host, callback)) {
                case Refusal(var why, var told) -> new Rejected(why, told);
                case Known(var operator) ->
                    cast(new Change(handle, operator, clock, knock.traceId(), trail), decide);
              });
    } catch (ProblemException e) {
      return e.type() == ErrorType.NOT_FOUND
          ? new Rejected("not a request of this organization", "It is not there.")
          : new Rejected(String.valueOf(e.getMessage()), String.valueOf(e.getMessage()));
    }
  }

  /**
   * Sends the vote, once: the same person's same word on the same tier is the same vote, however
   * often a button is pressed.
   */
  private Cast cast(Change change, SlackCallback.Decide decide) {
    change.lockOrganization();
    ApprovalView view = approvals.find(change, decide.id());
    byte[] key =
        Signatures.sha256(
            String.join(
                "\n",
                view.id().toString(),
                view.workflow(),
                Integer.toString(view.tier()),
                change.operator().subject(),
                decide.decision().wire()));
    var before =
        change
            .handle()
            .createQuery(
                """
                SELECT enclave_id, command_number FROM control.channel_vote
                WHERE organization_id = :organization AND vote = :vote
                """)
            .bind("organization", change.organization().uuid())
            .bind("vote", key)
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
    var vote = approvals.vote(change, decide.id(), decide.decision(), decide.reason(), THROUGH);
    change
        .handle()
        .createUpdate(
            """
            INSERT INTO control.channel_vote
              (organization_id, vote, enclave_id, command_number, approval_id, at)
            VALUES (:organization, :vote, :enclave, :number, :approval, :now)
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

  /** Tells who decided what the enclave says to it, if that is not what the message will show. */
  private void follow(SlackProof.Host host, SlackCallback callback, Approvals.Vote vote) {
    var _ =
        approvals
            .answerTo(host.organization(), vote)
            .thenAccept(heard -> {
              Optional<String> told =
                  heard
                      .map(SlackDoor::told)
                      .orElseGet(() ->
                          Optional.of(
                              "Your vote is on its way: its enclave has not answered yet."));
              told.ifPresent(text -> whisper(host, callback, vote.approval(), text));
            })
            .exceptionally(failure -> {
              LOG.warn("What became of a vote could not be told", failure);
              return null;
            });
  }

  private static Optional<String> told(Approvals.Heard heard) {
    return switch (heard.outcome()) {
      case HEARD -> Optional.empty();
      case UNKNOWN -> Optional.of("It is not there any more.");
      case DECIDED -> Optional.of("It is " + heard.approval().status().wire() + " already.");
      case VOTED_BEFORE -> Optional.of("You have said something else before.");
      case NOT_ASKED -> Optional.of("You are not among those who are asked now.");
      case EDIT_REFUSED -> Optional.ofNullable(heard.why());
      case NOT_FRESH ->
          Optional.of(
              "Whoever approves this has to authenticate again, which nobody can do here. Approve it"
                  + " by `redoubt approvals approve "
                  + heard.approval().id()
                  + "`.");
    };
  }

  /** Not this person, or not any more: on record, told to them, and the message put right. */
  private void turnAway(
      SlackProof.Host host,
      SlackCallback callback,
      ApprovalId id,
      String why,
      String told,
      Knock knock) {
    record.refused(host.organization(), "refused", callback.user(), id, why, knock.traceId());
    whisper(host, callback, id, told);
    database.inOrganizationBlocking(
        host.organization(),
        handle -> {
          notices.again(handle, host.organization(), SLACK, id);
          return id;
        });
  }

  private void whisper(SlackProof.Host host, SlackCallback callback, ApprovalId id, String text) {
    database.inOrganizationBlocking(
        host.organization(),
        handle -> {
          notices.whisper(
              handle, host.organization(), SLACK, id, new Notice.Whisper(callback.user(), text));
          return id;
        });
  }
}
