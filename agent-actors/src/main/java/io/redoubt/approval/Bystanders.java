package io.redoubt.approval;

import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.Approval.Refusal;
import io.redoubt.audit.AuditLog;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.EnclaveId;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Puts on record what people do about a request that changes nothing of it: they see it, or vote in
 * vain. What changes something is a step of it, and recorded with it.
 */
public final class Bystanders {
  /** Sightings that are known to be on record, so that who looks again and again writes nothing. */
  private static final int REMEMBERED = 10_000;

  private final AuditLog audit;
  private final EnclaveId enclave;
  private final String node;
  private final InstantSource clock;
  private final LinkedHashSet<AuditId> recorded = new LinkedHashSet<>();

  public Bystanders(AuditLog audit, EnclaveId enclave, String node, InstantSource clock) {
    this.audit = audit;
    this.enclave = enclave;
    this.node = node;
    this.clock = clock;
  }

  /** Somebody who may decide it has it before them; once for each of them, however often. */
  CompletionStage<Void> seen(ApprovalKey key, ApprovalView view, String by, String through) {
    var id = AuditId.ofSighting(key.approval(), by, through, view.askedAt());
    if (isRecorded(id)) {
      return CompletableFuture.completedFuture(null);
    }
    return audit
        .recordOnce(
            about(key, view, id, "approval:seen", Verdict.PERMIT)
                .byOperator(by)
                .detail("through " + through)
                .build())
        .thenRun(() -> remember(id));
  }

  private synchronized boolean isRecorded(AuditId id) {
    return recorded.contains(id);
  }

  private synchronized void remember(AuditId id) {
    recorded.add(id);
    if (recorded.size() > REMEMBERED) {
      recorded.removeFirst();
    }
  }

  /** Somebody's vote does not count; once, however often a command with it comes. */
  CompletionStage<Void> unheard(ApprovalKey key, ApprovalView view, Ballot ballot, Refusal why) {
    return refused(key, view, ballot, ballot.decision().wire(), reason(why, view));
  }

  /** Somebody's vote came when they might not cast it any more; once, too. */
  CompletionStage<Void> withdrawn(ApprovalKey key, ApprovalView view, Ballot ballot) {
    return refused(key, view, ballot, ballot.decision().wire(), "may not decide any more");
  }

  /** The call cannot be changed like that; once, too. */
  CompletionStage<Void> unedited(ApprovalKey key, ApprovalView view, Ballot ballot, String why) {
    return refused(key, view, ballot, "edit", why);
  }

  private CompletionStage<Void> refused(
      ApprovalKey key, ApprovalView view, Ballot ballot, String what, String why) {
    return audit.recordOnce(
        about(
                key,
                view,
                AuditId.ofUnheard(key.approval(), ballot.id(), view.askedAt()),
                "approval:refused",
                Verdict.DENY)
            .byOperator(ballot.by())
            .detail(
                "%s, through %s, tier %d of workflow %s: %s"
                    .formatted(what, ballot.through(), view.tier(), view.workflow(), why))
            .build());
  }

  /**
   * What somebody sent in the place of a vote is none.
   *
   * @param view null: there is no such request, or nothing is known of it yet
   */
  CompletionStage<Void> noVote(
      ApprovalKey key, @Nullable ApprovalView view, String by, String through, String why) {
    var id = AuditId.next(clock);
    var record =
        view == null
            ? bare(key, id, "approval:refused", Verdict.DENY).resource(key.approval().toString())
            : about(key, view, id, "approval:refused", Verdict.DENY);
    return audit.record(
        record
            .byOperator(by)
            .detail("no decision, through %s: %s".formatted(through, why))
            .build());
  }

  private static String reason(Refusal why, ApprovalView view) {
    return switch (why) {
      case DECIDED -> "it is " + view.status().wire() + " already";
      case NOT_ASKED -> "not among those who are asked";
      case VOTED_BEFORE -> "has said something else before";
      case NOT_FRESH -> "authenticated too long ago";
      case UNKNOWN, NOT_EDITABLE, NOT_GRANTED ->
          throw new IllegalArgumentException("not of a vote: " + why);
    };
  }

  private AuditBuilder about(
      ApprovalKey key, ApprovalView view, AuditId id, String operation, Verdict verdict) {
    return bare(key, id, operation, verdict)
        .agent(view.agentId(), view.owner())
        .resource(view.operation() + " " + view.target())
        .actionDigest(view.actionDigest())
        .approval(key.approval());
  }

  private AuditBuilder bare(ApprovalKey key, AuditId id, String operation, Verdict verdict) {
    return new AuditBuilder(
            id,
            clock.instant().truncatedTo(ChronoUnit.MICROS),
            key.organization(),
            Plane.APPROVAL,
            operation,
            verdict)
        .at(enclave, node)
        .outcome(new Outcome(Outcome.Status.SUCCEEDED, 0, null, null));
  }
}
