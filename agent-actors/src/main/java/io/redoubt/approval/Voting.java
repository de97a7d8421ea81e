package io.redoubt.approval;

import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.Approval.Refusal;
import io.redoubt.approval.Approval.Refused;
import io.redoubt.approval.Approval.Standing;
import io.redoubt.approval.ApprovalBoard.Entry;
import io.redoubt.policy.Policies;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.OrganizationId;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** What those who decide see and say, through whichever channel. */
public final class Voting {
  /** Where people vote who come to the enclave itself. */
  public static final String AT_ENCLAVE = "enclave";

  private static final String DISOWNED =
      "a client of somebody who approved it at the enclave is gone, or may not decide any more";

  private final Approvals approvals;
  private final ApprovalBoard board;
  private final Policies policies;
  private final Edits edits;
  private final Bystanders bystanders;

  /**
   * @param desk where a changed call is asked about
   * @param editor who looks at it before
   * @param bystanders who put on record what changes nothing
   * @param clock for the ids of what is asked
   */
  public Voting(
      Approvals approvals,
      ApprovalBoard board,
      Policies policies,
      ApprovalDesk desk,
      CallEditor editor,
      Bystanders bystanders,
      InstantSource clock) {
    this.approvals = approvals;
    this.edits = new Edits(approvals, desk, editor, clock);
    this.board = board;
    this.policies = policies;
    this.bystanders = bystanders;
  }

  /** What came of a vote. */
  public sealed interface Outcome {}

  /** It counts, or did before. */
  public record Heard(ApprovalView view) implements Outcome {}

  /**
   * It does not.
   *
   * @param view as it stands; null: there is no such request in the organization
   */
  public record NotHeard(Refusal why, @Nullable ApprovalView view) implements Outcome {}

  /**
   * The call cannot be changed like that.
   *
   * @param why in words for whoever wants to
   */
  public record NotEdited(String why, @Nullable ApprovalView view) implements Outcome {}

  public ApprovalBoard board() {
    return board;
  }

  /** The request as its actor has it at this moment. Empty: there is none, or not here. */
  public CompletionStage<Optional<ApprovalView>> find(ApprovalKey key) {
    return find(key, Entry::now);
  }

  private CompletionStage<Optional<ApprovalView>> find(
      ApprovalKey key, BiFunction<Entry, ApprovalView, ApprovalView> shown) {
    return board
        .find(key)
        .thenCompose(known ->
            known
                .map(entry ->
                    approvals
                        .ask(key, Approval.Describe::new)
                        .thenApply(reply ->
                            reply instanceof Standing(var view, var _)
                                ? Optional.of(shown.apply(entry, view))
                                : Optional.ofNullable(entry.view())
                                    .map(last -> shown.apply(entry, last))))
                .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty())));
  }

  /**
   * The same for somebody who may decide it. While it is pending they have it before them, with all
   * of what a model is asked, once that is on record, and not otherwise.
   *
   * @param by a member's or client's identifier, from a verified credential
   * @param through where they see it
   */
  public CompletionStage<Optional<ApprovalView>> look(ApprovalKey key, String by, String through) {
    return find(
            key,
            (entry, view) ->
                view.status() == ApprovalStatus.PENDING ? entry.whole(view) : entry.now(view))
        .thenCompose(found ->
            found
                .filter(view -> view.status() == ApprovalStatus.PENDING)
                .map(view -> bystanders.seen(key, view, by, through).thenApply(_ -> found))
                .orElseGet(() -> CompletableFuture.completedFuture(found)));
  }

  /**
   * Casts a vote. Whoever names requests that are not on the organization's board reaches no actor.
   */
  public CompletionStage<Outcome> cast(ApprovalKey key, Ballot ballot) {
    return board
        .find(key)
        .thenCompose(known ->
            known
                .map(entry -> cast(key, ballot, entry))
                .orElseGet(
                    () -> CompletableFuture.completedFuture(new NotHeard(Refusal.UNKNOWN, null))));
  }

  /**
   * Approves another call in the place of one: the request for that one ends, and the other is
   * asked about, with this for its first vote (G9).
   *
   * @param arguments of the other call, canonical
   */
  public CompletionStage<Outcome> edit(ApprovalKey key, Ballot ballot, byte[] arguments) {
    return board
        .find(key)
        .thenCompose(known ->
            known
                .map(entry -> edit(key, grouped(key, ballot), entry, arguments))
                .orElseGet(
                    () -> CompletableFuture.completedFuture(new NotHeard(Refusal.UNKNOWN, null))));
  }

  /**
   * Takes note of a vote of somebody who may not cast it any more by the time that it is here: it
   * does not count, unless it came before and did.
   */
  public CompletionStage<Outcome> withdrawn(ApprovalKey key, Ballot ballot) {
    return find(key)
        .thenCompose(found ->
            found
                .map(view -> withdrawn(key, ballot, view))
                .orElseGet(
                    () -> CompletableFuture.completedFuture(new NotHeard(Refusal.UNKNOWN, null))));
  }

  private CompletionStage<Outcome> withdrawn(ApprovalKey key, Ballot ballot, ApprovalView view) {
    boolean counted =
        view.votes().stream()
            .anyMatch(vote ->
                vote.tier() == view.tier()
                    && vote.by().equals(ballot.by())
                    && vote.through().equals(ballot.through())
                    && vote.decision() == ballot.decision()
                    && vote.reason().equals(ballot.reason()));
    return counted
        ? CompletableFuture.completedFuture(new Heard(view))
        : bystanders
            .withdrawn(key, view, ballot)
            .thenApply(_ -> new NotHeard(Refusal.NOT_ASKED, view));
  }

  /**
   * Ends what those have approved at the enclave itself, as far as something may still come of it:
   * the enclave believed a client that it has lost by now, and did so while nobody could tell it
   * better. Whoever asks again asks people again. Denials stand: nothing is permitted by them.
   *
   * @param voters members and clients, as they are on record
   */
  public CompletionStage<Void> disown(OrganizationId organization, Set<String> voters) {
    if (voters.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    return board
        .approvedBy(organization, voters, AT_ENCLAVE)
        .thenCompose(open ->
            CompletableFuture.allOf(
                open.stream()
                    .map(key ->
                        approvals
                            .ask(key, replyTo -> new Approval.Cancel(DISOWNED, null, replyTo))
                            .toCompletableFuture())
                    .toArray(CompletableFuture<?>[]::new)));
  }

  /**
   * Puts on record that what somebody sent in the place of a vote is none.
   *
   * @param why nothing that they say
   */
  public CompletionStage<Void> noVote(ApprovalKey key, String by, String through, String why) {
    return board
        .find(key)
        .thenCompose(known ->
            bystanders.noVote(
                key, known.isPresent() ? known.get().view() : null, by, through, why));
  }

  private CompletionStage<Outcome> edit(
      ApprovalKey key, Ballot ballot, Entry entry, byte[] arguments) {
    return edits
        .edit(key, ballot, entry, arguments)
        .thenCompose(outcome -> recorded(key, ballot, outcome));
  }

  /** Who is in which group is said by the policies that run now, and by nobody who votes. */
  private Ballot grouped(ApprovalKey key, Ballot said) {
    return said.in(
        policies
            .of(key.organization())
            .map(running -> running.set().groupsOf(said.by()))
            .orElse(List.of()));
  }

  private CompletionStage<Outcome> cast(ApprovalKey key, Ballot said, Entry entry) {
    var ballot = grouped(key, said);
    return approvals
        .ask(key, replyTo -> new Approval.Vote(ballot, replyTo))
        .thenCompose(reply ->
            switch (reply) {
              case Standing(var view, var _) ->
                  CompletableFuture.completedFuture(new Heard(entry.now(view)));
              case Refused(var why, var view) ->
                  recorded(key, ballot, new NotHeard(why, view == null ? null : entry.now(view)));
              case Approval.Consumed _, Approval.Editable _ ->
                  throw new IllegalStateException("not an answer to a vote: " + reply);
            });
  }

  /** That it does not count is said once it is on record. */
  private CompletionStage<Outcome> recorded(ApprovalKey key, Ballot ballot, Outcome outcome) {
    return switch (outcome) {
      case Heard _ -> CompletableFuture.completedFuture(outcome);
      case NotHeard(var why, var view) ->
          view == null
              ? CompletableFuture.completedFuture(outcome)
              : bystanders.unheard(key, view, ballot, why).thenApply(_ -> outcome);
      case NotEdited(var why, var view) ->
          (view == null ? find(key) : CompletableFuture.completedStage(Optional.of(view)))
              .thenCompose(found ->
                  found
                      .map(now -> bystanders.unedited(key, now, ballot, why))
                      .orElseGet(() -> CompletableFuture.completedFuture(null)))
              .thenApply(_ -> outcome);
    };
  }
}
