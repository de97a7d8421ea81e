package io.redoubt.approval;

import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.Approval.Refusal;
import io.redoubt.approval.Approval.Refused;
import io.redoubt.approval.Approval.Standing;
import io.redoubt.approval.ApprovalBoard.Entry;
import io.redoubt.policy.Policies;
import io.redoubt.protocol.approval.ApprovalView;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What those who decide see and say, through whichever channel. */
public final class Voting {
  private final Approvals approvals;
  private final ApprovalBoard board;
  private final Policies policies;
  private final Edits edits;

  /**
   * @param desk where a changed call is asked about
   * @param editor who looks at it before
   * @param clock for the ids of what is asked
   */
  public Voting(
      Approvals approvals,
      ApprovalBoard board,
      Policies policies,
      ApprovalDesk desk,
      CallEditor editor,
      InstantSource clock) {
    this.approvals = approvals;
    this.edits = new Edits(approvals, desk, editor, clock);
    this.board = board;
    this.policies = policies;
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
    return board
        .find(key)
        .thenCompose(known ->
            known
                .map(entry ->
                    approvals
                        .ask(key, Approval.Describe::new)
                        .thenApply(reply ->
                            reply instanceof Standing(var view, var _)
                                ? Optional.of(entry.now(view))
                                : Optional.ofNullable(entry.view()).map(entry::now)))
                .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty())));
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
                .map(entry -> edits.edit(key, grouped(key, ballot), entry, arguments))
                .orElseGet(
                    () -> CompletableFuture.completedFuture(new NotHeard(Refusal.UNKNOWN, null))));
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
        .thenApply(reply ->
            switch (reply) {
              case Standing(var view, var _) -> new Heard(entry.now(view));
              case Refused(var why, var view) ->
                  new NotHeard(why, view == null ? null : entry.now(view));
              case Approval.Consumed _, Approval.Editable _ ->
                  throw new IllegalStateException("not an answer to a vote: " + reply);
            });
  }
}
