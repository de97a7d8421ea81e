package io.redoubt.approval;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.redoubt.approval.Approval.Asked;
import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.Approval.Cancelled;
import io.redoubt.approval.Approval.Denied;
import io.redoubt.approval.Approval.Edited;
import io.redoubt.approval.Approval.Event;
import io.redoubt.approval.Approval.Expired;
import io.redoubt.approval.Approval.GrantUsed;
import io.redoubt.approval.Approval.Referred;
import io.redoubt.approval.Approval.Refusal;
import io.redoubt.approval.Approval.TierReached;
import io.redoubt.approval.Approval.VoteCast;
import io.redoubt.approval.Proceedings.Deed;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalView.Decision;
import io.redoubt.protocol.approval.ModelOpinion;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a request for approval stands, and the rules of G9. Stored as snapshots: the names are for
 * ever.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "@type")
@JsonSubTypes({
  @JsonSubTypes.Type(ApprovalState.Unasked.class),
  @JsonSubTypes.Type(ApprovalState.Pending.class),
  @JsonSubTypes.Type(ApprovalState.Granted.class),
  @JsonSubTypes.Type(ApprovalState.Closed.class)
})
sealed interface ApprovalState {

  /** The state after the event. */
  ApprovalState apply(Event event);

  /** What has come to pass by itself; no time that passes grants anything. */
  List<Event> elapsed(Instant now);

  /** When something comes to pass by itself; null: never. */
  @Nullable Instant deadline();

  /** What was done so far; null: nothing was asked. */
  @Nullable Proceedings proceedings();

  /** As others see it; null: nothing was asked. */
  @Nullable ApprovalView view(ApprovalKey key);

  /** Nobody has asked, and perhaps never will. */
  @JsonTypeName("unasked")
  record Unasked() implements ApprovalState {
    @Override
    public ApprovalState apply(Event event) {
      return switch (event) {
        case Asked e -> new Pending(Proceedings.begin(e.request(), e.at()), e.until());
        case VoteCast _, Referred _, TierReached _, Approval.Granted _, Denied _ -> this;
        case Expired _, GrantUsed _, Cancelled _, Edited _ -> this;
      };
    }

    @Override
    public List<Event> elapsed(Instant now) {
      return List.of();
    }

    @Override
    public @Nullable Instant deadline() {
      return null;
    }

    @Override
    public @Nullable Proceedings proceedings() {
      return null;
    }

    @Override
    public @Nullable ApprovalView view(ApprovalKey key) {
      return null;
    }
  }

  /**
   * A tier is asked.
   *
   * @param until when its time ends
   */
  @JsonTypeName("pending")
  record Pending(Proceedings proceedings, Instant until) implements ApprovalState {
    @Override
    public ApprovalState apply(Event event) {
      return switch (event) {
        case Asked _, GrantUsed _ -> this;
        case VoteCast e -> new Pending(proceedings.voted(e.ballot(), e.at()), until);
        case Referred e -> new Pending(proceedings.referred(e.opinion(), e.why(), e.at()), until);
        case TierReached e ->
            new Pending(proceedings.at(e.workflow(), e.tier(), e.at()), e.until());
        case Approval.Granted e ->
            new Granted(proceedings.and(Deed.GRANTED, e.at()), e.uses(), e.until(), e.at());
        case Denied e ->
            new Closed(proceedings.and(Deed.DENIED, e.at()), ApprovalStatus.DENIED, e.at());
        case Expired e ->
            new Closed(proceedings.and(Deed.EXPIRED, e.at()), ApprovalStatus.EXPIRED, null);
        case Cancelled e ->
            new Closed(
                proceedings.cancelled(e.why(), e.by(), e.at()), ApprovalStatus.CANCELLED, null);
        case Edited e ->
            new Closed(
                proceedings.edited(e.ballot(), e.to(), e.at()), ApprovalStatus.EDITED, e.at());
      };
    }

    @Override
    public Instant deadline() {
      return until;
    }

    /** Tier after tier, as if each had been noticed at its moment. */
    @Override
    public List<Event> elapsed(Instant now) {
      if (now.isBefore(until)) {
        return List.of();
      }
      var over = over(until);
      var events = new ArrayList<Event>();
      events.add(over);
      events.addAll(apply(over).elapsed(now));
      return events;
    }

    /** What follows on a tier that has not decided. */
    private Event over(Instant at) {
      if (proceedings.askedTier().onTimeout() == ApprovalTier.OnTimeout.DENY) {
        return new Expired(at);
      }
      int next = proceedings.tier() + 1;
      return new TierReached(
          proceedings.workflow(),
          next,
          at.plusSeconds(proceedings.asked().tiers().get(next).timeoutSeconds()),
          at);
    }

    /** Whether a model is to be asked, or asked again: it has said nothing yet. */
    boolean waitsForModel() {
      return proceedings.askedTier().kind() == ApprovalTier.Kind.LLM_JUDGE;
    }

    /**
     * What follows from what a model said: where that settles nothing, the next tier at once.
     *
     * @param workflow whose tier it was asked in
     */
    List<Event> judged(int workflow, int tier, ModelOpinion opinion, Instant now) {
      if (!waitsForModel() || workflow != proceedings.workflow() || tier != proceedings.tier()) {
        return List.of();
      }
      return ModelsWord.against(proceedings.askedTier(), proceedings.request(), opinion)
          .map(why -> List.of(new Referred(opinion, why, now), over(now)))
          .orElseGet(() -> heard(ModelsWord.ballot(opinion, workflow, tier), now));
    }

    /** Why it does not count; empty: it does, or did before. */
    Optional<Refusal> refuses(Ballot ballot) {
      if (proceedings.heard(ballot)) {
        return Optional.empty();
      }
      var owner = proceedings.request().owner();
      if (!proceedings.askedTier().asks(ballot.by(), ballot.groups(), owner)) {
        return Optional.of(Refusal.NOT_ASKED);
      }
      // To deny is the safe side: nobody has to prove themselves once more for that.
      if (ballot.decision() == Decision.APPROVE && !ballot.isWithin(proceedings.freshness())) {
        return Optional.of(Refusal.NOT_FRESH);
      }
      return before(ballot)
          .filter(said -> said.decision() != ballot.decision())
          .map(_ -> Refusal.VOTED_BEFORE);
    }

    /**
     * Why that person may not change the call; empty: they may. It ends this request as a denial
     * does, so it takes somebody whose denial would.
     */
    Optional<Refusal> refusesEdit(Ballot ballot) {
      return refuses(ballot)
          .or(() ->
              proceedings.request().editing() != null
                      && endsByDenial(proceedings.count(Decision.DENY) + 1)
                  ? Optional.empty()
                  : Optional.of(Refusal.NOT_EDITABLE));
    }

    private boolean endsByDenial(long denials) {
      var tier = proceedings.askedTier();
      return tier.veto() || denials >= tier.quorum();
    }

    private Optional<Ballot> before(Ballot ballot) {
      return proceedings.inThisTier().stream()
          .filter(said -> said.by().equals(ballot.by()))
          .findFirst();
    }

    /** What follows from a vote that counts; nothing where it did before. */
    List<Event> heard(Ballot ballot, Instant now) {
      if (proceedings.heard(ballot) || before(ballot).isPresent()) {
        return List.of();
      }
      var cast = new VoteCast(ballot, now);
      var after = proceedings.voted(ballot, now);
      var tier = after.askedTier();
      if (ballot.decision() == Decision.DENY) {
        boolean denied = tier.veto() || after.count(Decision.DENY) >= tier.quorum();
        return denied ? List.of(cast, new Denied(now)) : List.of(cast);
      }
      if (after.count(Decision.APPROVE) < tier.quorum()) {
        return List.of(cast);
      }
      return List.of(
          cast,
          after.isLastWorkflow()
              ? new Approval.Granted(after.uses(), now.plusSeconds(after.window()), now)
              : nextWorkflow(after, now));
    }

    private static TierReached nextWorkflow(Proceedings after, Instant now) {
      int next = after.workflow() + 1;
      var first = after.request().workflows().get(next).tiers().getFirst();
      return new TierReached(next, 0, now.plusSeconds(first.timeoutSeconds()), now);
    }

    @Override
    public ApprovalView view(ApprovalKey key) {
      return proceedings.view(key, ApprovalStatus.PENDING, 0, until, null);
    }
  }

  /**
   * Approved, and good for some calls.
   *
   * @param uses that are left
   * @param until when it is good for nothing any more
   */
  @JsonTypeName("granted")
  record Granted(Proceedings proceedings, int uses, Instant until, Instant at)
      implements ApprovalState {
    @Override
    public ApprovalState apply(Event event) {
      return switch (event) {
        case Asked _, VoteCast _, Referred _, TierReached _, Approval.Granted _, Denied _ -> this;
        case Edited _ -> this;
        case GrantUsed e when uses > 1 ->
            new Granted(proceedings.used(e.action(), e.at()), uses - 1, until, at);
        case GrantUsed e ->
            new Closed(proceedings.used(e.action(), e.at()), ApprovalStatus.CONSUMED, at);
        case Expired e ->
            new Closed(proceedings.and(Deed.EXPIRED, e.at()), ApprovalStatus.EXPIRED, at);
        case Cancelled e ->
            new Closed(
                proceedings.cancelled(e.why(), e.by(), e.at()), ApprovalStatus.CANCELLED, at);
      };
    }

    @Override
    public Instant deadline() {
      return until;
    }

    @Override
    public List<Event> elapsed(Instant now) {
      return now.isBefore(until) ? List.of() : List.of(new Expired(until));
    }

    @Override
    public ApprovalView view(ApprovalKey key) {
      return proceedings.view(key, ApprovalStatus.APPROVED, uses, until, at);
    }
  }

  /**
   * Nothing comes of it any more.
   *
   * @param decidedAt null: nobody decided
   */
  @JsonTypeName("closed")
  record Closed(Proceedings proceedings, ApprovalStatus status, @Nullable Instant decidedAt)
      implements ApprovalState {
    @Override
    public ApprovalState apply(Event event) {
      return this;
    }

    @Override
    public @Nullable Instant deadline() {
      return null;
    }

    @Override
    public List<Event> elapsed(Instant now) {
      return List.of();
    }

    @Override
    public ApprovalView view(ApprovalKey key) {
      return proceedings.view(key, status, 0, null, decidedAt);
    }
  }
}
