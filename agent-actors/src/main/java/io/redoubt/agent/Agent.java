package io.redoubt.agent;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.redoubt.ClusterMessage;
import io.redoubt.action.Act;
import io.redoubt.action.GovernedAction;
import io.redoubt.budget.Ledger;
import io.redoubt.budget.OrganizationBudget;
import io.redoubt.budget.Shortage;
import io.redoubt.budget.Tally;
import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.ReleaseId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.protocol.link.Spending;
import io.redoubt.protocol.token.TokenDigest;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * Protocol of an agent. Every command that changes something carries what makes it repeatable: a
 * version, a digest, an isolation's id. Sent twice, it is answered from state.
 *
 * <p>What the control plane ordered carries the number that the order has in its log, so that one
 * which is late, sent by a link that has been replaced, is refused and never undoes a newer one.
 * What an operator ordered at this enclave has none.
 */
public final class Agent {
  private Agent() {}

  /** What an agent is asked. */
  public sealed interface Command extends ClusterMessage {}

  /** What the agent should be. An older version than the one known changes nothing. */
  public record Configure(AgentSpec spec, @Nullable Long number, ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * A new bootstrap token; the one before it dies. After a revocation the agent is pending again. A
   * token that was offered before, is or was known here, and changes nothing.
   */
  public record OfferBootstrap(
      TokenDigest token, Instant expiresAt, @Nullable Long number, ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * Burns the bootstrap token and makes the family it carries one of the agent's. The same request
   * again is answered as before (G2), as far as the agent can tell: that the family's first token
   * is still unused, is the family's to say, when it is asked to open again.
   *
   * @param commitment digest of the refresh token that the client made itself; null: the enclave
   *     makes it
   * @param first digest of the family's first refresh token; the commitment where there is one
   * @param jti id of the access token that will be issued
   * @param accessExpiresAt when that token expires
   * @param jkt thumbprint of the key the family is bound to (RFC 9449); null: none
   * @param until when nobody waits for the answer any more; later it does nothing
   */
  public record Bootstrap(
      TokenDigest presented,
      @Nullable TokenDigest commitment,
      TokenDigest first,
      FamilyId family,
      String jti,
      Instant accessExpiresAt,
      @Nullable String jkt,
      InetAddress source,
      Instant until,
      ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * Asks whether a family of the agent may rotate now, from this address. The families of a revoked
   * or decommissioned agent are dead, so they are unknown; an isolated agent's are alive, and wait:
   * {@link Refusal#NOT_ACTIVE} says so, from an address that it may call from.
   */
  public record AdmitRefresh(FamilyId family, InetAddress source, ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * Asks for a verdict: the linearization point of everything the agent does.
   *
   * @param until when nobody waits for the verdict any more; later it does nothing, and is no part
   *     of the session
   */
  public record Decide(
      GovernedAction action, FamilyId family, Instant until, ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * Asks for verdicts on the tool calls that one reply proposes. They are judged one after the
   * other, so that each sees those before it in the session; no verdict waits for another.
   *
   * @param actions at most {@value #MOST_TOGETHER}, with at most {@value #MOST_ARGUMENT_BYTES}
   *     bytes of arguments in all: what nodes tell each other is not larger than 1 MiB
   * @param until as in {@link Decide}
   */
  public record DecideTogether(
      List<GovernedAction> actions, FamilyId family, Instant until, ActorRef<Reply> replyTo)
      implements Command {
    public static final int MOST_TOGETHER = 128;
    public static final int MOST_ARGUMENT_BYTES = 512 * 1024;

    public DecideTogether {
      actions = List.copyOf(actions);
    }
  }

  /**
   * Asks what would be said to an action that somebody has changed, were it the agent's own at this
   * moment. Permits nothing, is no part of the session, and reserves nothing. Answered as one of
   * several, with what is to be asked also where policies permit it, and under no fence.
   *
   * @param until as in {@link Decide}
   */
  public record Consider(GovernedAction action, Instant until, ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * Stops the agent until every isolation is released. An id that was lifted before, is an old
   * request come late, and does not isolate again.
   */
  public record Isolate(
      IsolationId id, String reason, String by, @Nullable Long number, ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * Lifts isolations: all that it names, or none where one of them is not known. The answer says
   * which are, as those that it concerns.
   *
   * @param ids those to lift; empty: those that stand when this arrives for the first time
   * @param request repeats of it lift nothing more; null: each time is the first
   */
  public record Release(
      Set<IsolationId> ids,
      @Nullable ReleaseId request,
      String reason,
      String by,
      @Nullable Long number,
      ActorRef<Reply> replyTo)
      implements Command {}

  /** Ends every family of the agent; a new bootstrap token begins anew. */
  public record Revoke(String reason, String by, @Nullable Long number, ActorRef<Reply> replyTo)
      implements Command {}

  /** Ends the agent for ever; its id is never used again. */
  public record Decommission(
      String reason, String by, @Nullable Long number, ActorRef<Reply> replyTo)
      implements Command {}

  /**
   * The intent of that action has its outcome in the log, or will never be there.
   *
   * @param charged in the place of what was reserved for it
   */
  public record Settle(ActionId action, Spend charged, ActorRef<Reply> replyTo)
      implements Command {}

  /** Asks what the agent is. */
  public record Describe(ActorRef<Reply> replyTo) implements Command {}

  /** Internal: the log was read for what the agent did before. */
  record HistoryRead(long attempt, List<Act> acts) implements Command {}

  /** Internal: the log could not be read. */
  record HistoryUnknown(String why) implements Command {}

  /** Internal: what the agent's purse hears while it looks after the budget. */
  sealed interface OfPurse extends Command {}

  /** Nothing can be reserved any more under what was permitted before. */
  record BudgetFenced() implements OfPurse {}

  /** The log was read for what was spent. */
  record BudgetRead(List<Ledger.Entry> entries) implements OfPurse {}

  /** The books cannot be opened for now. */
  record BudgetUnknown(String why) implements OfPurse {}

  /** The organization's budget answered the so-manieth question. */
  record TrancheDrawn(long count, OrganizationBudget.Holds holds) implements OfPurse {}

  /** The organization's budget did not answer. */
  record TrancheUnknown(long count, String why) implements OfPurse {}

  /** The log was read for what became of old reservations. */
  record BudgetCompared(List<ActionId> asked, List<Ledger.Entry> found) implements OfPurse {}

  /** Internal: the fence in the database stands where the state says. */
  record FenceRaised(long fence) implements Command {}

  /** Internal: the fence could not be raised. */
  record FenceFailed(long fence, String why) implements Command {}

  /** Internal: time to try the fence again. */
  record RetryFence() implements Command {}

  /** Internal: nobody needs this incarnation any more. */
  record Stop() implements Command {}

  /** What an agent answers. */
  public sealed interface Reply extends ClusterMessage {}

  /** Done, or done before. */
  public record Done() implements Reply {}

  /**
   * The bootstrap token is burned.
   *
   * @param first digest of the first refresh token, as burned: a repeat answers the first's
   * @param jti id of the access token to issue, as burned
   * @param accessExpiresAt its expiry, as burned
   * @param repeated whether this is the same request again (G2)
   */
  public record Bootstrapped(
      AgentSpec spec,
      TokenDigest first,
      String jti,
      Instant accessExpiresAt,
      @Nullable String jkt,
      boolean repeated)
      implements Reply {}

  /** The family may rotate. */
  public record RefreshAdmitted(AgentSpec spec) implements Reply {}

  /**
   * Permitted, as far as the agent is concerned: the permit itself is the intent that is written
   * under this fence.
   *
   * @param judgement of the policies; null: an older release did not ask them
   * @param reserved what the budget keeps for it, which the intent must carry; null: nothing
   */
  public record Permitted(
      AgentSpec spec, long fence, @Nullable Judgement judgement, @Nullable Reserved reserved)
      implements Reply {
    public Permitted(AgentSpec spec, long fence, @Nullable Judgement judgement) {
      this(spec, fence, judgement, null);
    }

    Permitted reserving(@Nullable Reserved kept) {
      return new Permitted(spec, fence, judgement, kept);
    }
  }

  /**
   * Denied.
   *
   * @param spec what is known of the agent, for the record; null: nothing
   * @param judgement of the policies; null: they were not asked
   * @param shortage of the budget; null: it does not stand in the way
   */
  public record Denied(
      Denial why,
      @Nullable AgentSpec spec,
      @Nullable Judgement judgement,
      @Nullable Shortage shortage)
      implements Reply {
    public Denied(Denial why, @Nullable AgentSpec spec, @Nullable Judgement judgement) {
      this(why, spec, judgement, null);
    }
  }

  /**
   * What is said to actions that were asked about together. Permits are as in {@link Permitted}.
   *
   * @param answers one for each action, in their order
   */
  public record Decided(AgentSpec spec, long fence, List<Answer> answers) implements Reply {
    public Decided {
      answers = List.copyOf(answers);
    }
  }

  /**
   * What is said to one of several actions.
   *
   * @param denial null: it is permitted
   * @param judgement of the policies; null: they were not asked
   */
  public record Answer(@Nullable Denial denial, @Nullable Judgement judgement) {}

  /**
   * Isolated, released, revoked or decommissioned; durable, and the fence is raised.
   *
   * @param isolations those that stand now
   * @param concerned the isolations that this command made, lifted, or found lifted; a release that
   *     names another one has changed nothing
   * @param families the agent's families, for those commands that end them
   * @param at when it happened; on a repeat, when it first happened
   */
  public record LifecycleChanged(
      AgentStatus status,
      List<IsolationId> isolations,
      List<IsolationId> concerned,
      List<FamilyId> families,
      Instant at,
      @Nullable AgentSpec spec)
      implements Reply {}

  /**
   * What the agent is.
   *
   * @param lastSeenAt when it last bootstrapped or rotated, as far as this incarnation knows
   * @param spending how its budget stands; null: it has none, or its books are not open
   */
  public record Description(
      AgentStatus status,
      AgentSpec spec,
      List<IsolationId> isolations,
      List<FamilyId> families,
      @Nullable Instant lastSeenAt,
      @Nullable Spending spending)
      implements Reply {
    public Description(
        AgentStatus status,
        AgentSpec spec,
        List<IsolationId> isolations,
        List<FamilyId> families,
        @Nullable Instant lastSeenAt) {
      this(status, spec, isolations, families, lastSeenAt, null);
    }
  }

  /**
   * Refused. Nothing has changed, except after {@link Refusal#UNAVAILABLE}: what was asked stands
   * and the agent acts on it, but nobody can promise yet that no node permits anything under an
   * older decision. The same command again is answered when that is so.
   */
  public record Refused(Refusal why) implements Reply {}

  /** Why a command is refused. */
  public enum Refusal {
    /** No such agent here, or not yet. */
    UNKNOWN_AGENT,
    BOOTSTRAP_TOKEN_INVALID,
    BOOTSTRAP_TOKEN_USED,
    SOURCE_NOT_ALLOWED,
    /** Isolated, revoked or decommissioned. */
    NOT_ACTIVE,
    /** The family is not one of the agent's living ones. */
    FAMILY_UNKNOWN,
    /** More isolations than can be told apart; release some first. */
    TOO_MANY_ISOLATIONS,
    /** A later order of the control plane has been carried out already. */
    SUPERSEDED,
    /** What guards the agent cannot be reached; ask again. */
    UNAVAILABLE
  }

  /** Why an action is denied. */
  public enum Denial {
    UNKNOWN_AGENT,
    NOT_ACTIVE,
    FAMILY_UNKNOWN,
    SOURCE_NOT_ALLOWED,
    MODEL_NOT_ALLOWED,
    OWN_CREDENTIAL_NOT_ALLOWED,
    /** There is not enough left of the budget. */
    OVER_BUDGET,
    /** The budget is of money, and nobody knows what it would cost. */
    PRICE_UNKNOWN,
    /** No policies are known here, or not yet. */
    POLICIES_UNKNOWN,
    POLICY,
    /** Policies permit it once it is approved. */
    APPROVAL_NEEDED
  }

  /**
   * Kept for ever: these names, never class names, are the journal's contract. A {@code number} is
   * that of the control plane's order, and left out where there is none.
   */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "@type")
  @JsonSubTypes({
    @JsonSubTypes.Type(Configured.class),
    @JsonSubTypes.Type(BootstrapOffered.class),
    @JsonSubTypes.Type(BootstrapBurned.class),
    @JsonSubTypes.Type(BootstrapRepeated.class),
    @JsonSubTypes.Type(Isolated.class),
    @JsonSubTypes.Type(Released.class),
    @JsonSubTypes.Type(Revoked.class),
    @JsonSubTypes.Type(Decommissioned.class),
    @JsonSubTypes.Type(BudgetOpened.class),
    @JsonSubTypes.Type(BudgetTallied.class)
  })
  public sealed interface Event {}

  /** The agent should be this from now on. The first one makes it known. */
  @JsonTypeName("configured")
  public record Configured(
      AgentSpec spec, Instant at, @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long number)
      implements Event {}

  /** This token may be burned, and no earlier one. */
  @JsonTypeName("bootstrap-offered")
  public record BootstrapOffered(
      TokenDigest token,
      Instant expiresAt,
      Instant at,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long number)
      implements Event {}

  /** The offered token is spent, and its family is one of the agent's. */
  @JsonTypeName("bootstrap-burned")
  public record BootstrapBurned(
      TokenDigest token,
      @Nullable TokenDigest commitment,
      TokenDigest first,
      FamilyId family,
      String jti,
      Instant accessExpiresAt,
      @Nullable String jkt,
      Instant at)
      implements Event {}

  /** The committed request that burned the token came again and got the same answer (G2). */
  @JsonTypeName("bootstrap-repeated")
  public record BootstrapRepeated(Instant at) implements Event {}

  /** Stopped, until this and every other isolation is released. */
  @JsonTypeName("isolated")
  public record Isolated(
      IsolationId id,
      String reason,
      String by,
      Instant at,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long number)
      implements Event {}

  /** These isolations are lifted; others may stand. */
  @JsonTypeName("released")
  public record Released(
      Set<IsolationId> ids,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable ReleaseId request,
      String reason,
      String by,
      Instant at,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long number)
      implements Event {}

  /** All families are dead, and so is the token that was on offer. */
  @JsonTypeName("revoked")
  public record Revoked(
      String reason,
      String by,
      Instant at,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long number)
      implements Event {}

  /** The end. */
  @JsonTypeName("decommissioned")
  public record Decommissioned(String reason, String by, Instant at) implements Event {}

  /**
   * An incarnation begins to keep the budget, or to go by what was done before. It raises the
   * fence: what the one before it permitted and has not recorded, is permitted no longer, so that
   * the log holds all that was reserved, and all that was done.
   */
  @JsonTypeName("budget-opened")
  public record BudgetOpened(Instant at) implements Event {}

  /** Where the books stand, so that less of the log has to be read. */
  @JsonTypeName("budget-tallied")
  public record BudgetTallied(Tally tally, Instant at) implements Event {}
}
