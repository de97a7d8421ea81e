package io.redoubt.approval;

import io.redoubt.approval.Approval.Command;
import io.redoubt.approval.Approval.NotWritten;
import io.redoubt.approval.Approval.WriteAgain;
import io.redoubt.approval.Approval.Written;
import io.redoubt.approval.ApprovalBoard.Posting;
import io.redoubt.audit.AuditLog;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Brings what happened to one request into the audit log and then onto the board. What it could not
 * write it writes later; a new incarnation writes all of it again, which changes nothing. Until the
 * board has it, the board wakes the actor when the last deadline it knows has passed.
 */
final class Scribe {
  private static final WriteAgain AGAIN = new WriteAgain();

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final ApprovalKey key;
  private final ApprovalBoard board;
  private final AuditLog audit;
  private final Trail trail;
  private final Duration limit;
  private final Duration pause;
  private @Nullable ApprovalState newest;
  private int written;
  private boolean writing;

  /**
   * Nothing is written yet.
   *
   * @param limit for one attempt
   * @param pause before the next
   */
  Scribe(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      ApprovalKey key,
      ApprovalBoard board,
      AuditLog audit,
      Trail trail,
      Duration limit,
      Duration pause) {
    this.context = context;
    this.timers = timers;
    this.key = key;
    this.board = board;
    this.audit = audit;
    this.trail = trail;
    this.limit = limit;
    this.pause = pause;
  }

  /** A new incarnation does not know how far its predecessor came. */
  void recovered(ApprovalState state) {
    written = 0;
    writing = false;
    write(state);
  }

  void write(ApprovalState state) {
    newest = state;
    write();
  }

  /** Whether all that is known here is on record and on the board. */
  boolean hasWritten(Proceedings proceedings) {
    return written >= proceedings.steps().size();
  }

  void onWritten(Written done) {
    writing = false;
    written = Math.max(written, done.steps());
    write();
  }

  void onNotWritten(NotWritten failed) {
    writing = false;
    context.getLog().warn("The steps of {} cannot be written yet: {}", key, failed.why());
    timers.startSingleTimer(AGAIN, pause);
  }

  void onWriteAgain() {
    write();
  }

  private void write() {
    var state = newest;
    var proceedings = state == null ? null : state.proceedings();
    var view = state == null ? null : state.view(key);
    if (writing || state == null || proceedings == null || view == null) {
      return;
    }
    int steps = proceedings.steps().size();
    if (written >= steps) {
      return;
    }
    writing = true;
    timers.cancel(AGAIN);
    var posting = new Posting(key, view, steps, state.deadline());
    context.pipeToSelf(
        attempt(proceedings, posting),
        (_, failure) -> failure == null ? new Written(steps) : new NotWritten(failure.toString()));
  }

  /** On record first: what the board shows has been recorded. */
  private CompletionStage<Integer> attempt(Proceedings proceedings, Posting posting) {
    try {
      var records =
          IntStream.rangeClosed(written + 1, posting.version())
              .mapToObj(number -> audit.record(trail.of(proceedings, number)).toCompletableFuture())
              .toArray(CompletableFuture<?>[]::new);
      return CompletableFuture.allOf(records)
          .thenCompose(_ -> board.post(posting))
          .thenApply(_ -> posting.version())
          .orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }
}
