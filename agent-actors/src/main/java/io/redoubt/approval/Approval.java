package io.redoubt.approval;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.redoubt.ClusterMessage;
import io.redoubt.action.Approved;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ModelOpinion;
import io.redoubt.protocol.id.ActionId;
import java.time.Instant;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * Protocol of a request for approval. Every command that changes something carries what makes it
 * repeatable: sent twice, it is answered from state.
 */
public final class Approval {
  private Approval() {}

  /** What a request for approval is asked. */
  public sealed interface Command extends ClusterMessage {}

  /**
   * Opens it, or joins those who asked before.
   *
   * @param until when nobody waits for the answer any more; later it does nothing
   */
  public record Ask(ApprovalRequest request, Instant until, ActorRef<Reply> replyTo)
      implements Command {}

  /** Somebody's voice. */
  public record Vote(Ballot ballot, ActorRef<Reply> replyTo) implements Command {}

  /** Asks whether somebody may change the call at this moment. Changes nothing. */
  public record MayEdit(Ballot ballot, ActorRef<Reply> replyTo) implements Command {}

  /**
   * Ends it, since somebody approves another call in its place.
   *
   * @param to the request for that call, which is asked already
   */
  public record Edit(Ballot ballot, ApprovalView.Edit to, ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * Spends the grant, once, for this action.
   *
   * @param until when nobody waits for the answer any more; later it does nothing
   */
  public record Consume(ActionId action, Instant until, ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * Ends it: the agent was stopped.
   *
   * @param by who stopped it; null: nobody knows here
   */
  public record Cancel(String why, @Nullable String by, ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * Waits for a decision.
   *
   * @param until when nobody waits any more
   */
  public record Await(Instant until, ActorRef<Reply> replyTo) implements Command {}

  /** Asks where it stands; what is past its time ends first. */
  public record Describe(ActorRef<Reply> replyTo) implements Command {}

  /**
   * Internal: what the model of a tier said.
   *
   * @param workflow whose tier, from 0
   * @param tier of it, from 0
   */
  record Judged(int workflow, int tier, ModelOpinion opinion) implements Command {}

  /** Internal: a deadline has come. */
  record DeadlinePassed() implements Command {}

  /** Internal: so many steps are on record and on the board. */
  record Written(int steps) implements Command {}

  /** Internal: they could not be written. */
  record NotWritten(String why) implements Command {}

  /** Internal: time to write again. */
  record WriteAgain() implements Command {}

  /** Internal: nobody needs this incarnation any more. */
  record Stop() implements Command {}

  /**
   * What somebody says.
   *
   * @param id of this saying: the same one again is the same vote
   * @param by a member's or client's identifier, from a verified credential; or a model
   * @param through where it was said
   * @param reason at most {@value #MAX_REASON} characters
   * @param groups that whoever says it is in, by the policies that ran then
   * @param authenticationAge how long before they said it they had authenticated, in seconds, by
   *     the credential that was verified; null: that is not known, so not lately
   */
  public record Ballot(
      String id,
      String by,
      String through,
      ApprovalView.Decision decision,
      String reason,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> groups,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long authenticationAge)
      implements ClusterMessage {
    public static final int MAX_REASON = 500;

    @SuppressWarnings("ConstantValue") // one from before there were groups has none
    public Ballot {
      groups = groups == null ? List.of() : List.copyOf(groups);
    }

    /** Of somebody of whom it is not known when they authenticated. */
    public Ballot(
        String id,
        String by,
        String through,
        ApprovalView.Decision decision,
        String reason,
        List<String> groups) {
      this(id, by, through, decision, reason, groups, null);
    }

    /** Of somebody who is in no group, as far as is known here. */
    public Ballot(
        String id, String by, String through, ApprovalView.Decision decision, String reason) {
      this(id, by, through, decision, reason, List.of());
    }

    /** The same, by somebody who is in those groups. */
    Ballot in(List<String> known) {
      return new Ballot(id, by, through, decision, reason, known, authenticationAge);
    }

    /** The same, by somebody who authenticated that long before. */
    public Ballot authenticated(@Nullable Long secondsAgo) {
      return new Ballot(id, by, through, decision, reason, groups, secondsAgo);
    }

    /**
     * Whether it was said freshly enough.
     *
     * @param seconds null: that does not matter
     */
    boolean isWithin(@Nullable Integer seconds) {
      return seconds == null || (authenticationAge != null && authenticationAge <= seconds);
    }
  }

  /** What it answers. */
  public sealed interface Reply extends ClusterMessage {}

  /**
   * Where it stands.
   *
   * @param grant that can be used now; null: there is none
   */
  public record Standing(ApprovalView view, @Nullable Approved grant) implements Reply {}

  /**
   * The call may be changed.
   *
   * @param tier whose turn it is, of the workflow whose turn it is
   */
  public record Editable(ApprovalRequest request, int workflow, int tier) implements Reply {}

  /** The grant is spent for the action that asked. */
  public record Consumed(ApprovalView view) implements Reply {}

  /**
   * Nothing has changed.
   *
   * @param view where it stands; null: there is no such request
   */
  public record Refused(Refusal why, @Nullable ApprovalView view) implements Reply {}

  /** Why a command is refused. */
  public enum Refusal {
    UNKNOWN,
    /** It was decided, or ended otherwise, before. */
    DECIDED,
    /** That person is not asked in the tier whose turn it is. */
    NOT_ASKED,
    /** That person has said something else in this tier. */
    VOTED_BEFORE,
    /** Whoever approves has to have authenticated more lately than that. */
    NOT_FRESH,
    /** Nobody may change this call, or not this person alone. */
    NOT_EDITABLE,
    /** There is no grant that could be used. */
    NOT_GRANTED
  }

  /** Kept for ever: these names, never class names, are the journal's contract. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "@type")
  @JsonSubTypes({
    @JsonSubTypes.Type(Asked.class),
    @JsonSubTypes.Type(VoteCast.class),
    @JsonSubTypes.Type(Referred.class),
    @JsonSubTypes.Type(TierReached.class),
    @JsonSubTypes.Type(Granted.class),
    @JsonSubTypes.Type(Denied.class),
    @JsonSubTypes.Type(Expired.class),
    @JsonSubTypes.Type(GrantUsed.class),
    @JsonSubTypes.Type(Cancelled.class),
    @JsonSubTypes.Type(Edited.class)
  })
  public sealed interface Event {
    Instant at();
  }

  /** The first tier of the first workflow is asked. */
  @JsonTypeName("asked")
  public record Asked(ApprovalRequest request, Instant until, Instant at) implements Event {}

  @JsonTypeName("vote-cast")
  public record VoteCast(Ballot ballot, Instant at) implements Event {}

  /**
   * The model of the tier was asked, and settled nothing.
   *
   * @param why what it said settles nothing
   */
  @JsonTypeName("referred")
  public record Referred(ModelOpinion opinion, String why, Instant at) implements Event {}

  /**
   * Another tier is asked.
   *
   * @param workflow its number, from 0
   * @param tier its number in the workflow, from 0
   */
  @JsonTypeName("tier-reached")
  public record TierReached(int workflow, int tier, Instant until, Instant at) implements Event {}

  /** Every workflow has granted it. */
  @JsonTypeName("granted")
  public record Granted(int uses, Instant until, Instant at) implements Event {}

  @JsonTypeName("denied")
  public record Denied(Instant at) implements Event {}

  /** Nobody decided in time, or the grant was not used up in time. */
  @JsonTypeName("expired")
  public record Expired(Instant at) implements Event {}

  /** The grant let this action pass. */
  @JsonTypeName("grant-used")
  public record GrantUsed(ActionId action, Instant at) implements Event {}

  @JsonTypeName("cancelled")
  public record Cancelled(String why, @Nullable String by, Instant at) implements Event {}

  /** Another call is asked about in its place. */
  @JsonTypeName("edited")
  public record Edited(Ballot ballot, ApprovalView.Edit to, Instant at) implements Event {}
}
