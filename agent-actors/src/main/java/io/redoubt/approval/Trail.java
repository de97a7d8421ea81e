package io.redoubt.approval;

import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.Proceedings.Step;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalView.Decision;
import io.redoubt.protocol.approval.ModelOpinion;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.EnclaveId;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Writes the steps of an approval as audit records: the same record each time, so that none is
 * missing and none there twice, however often they are written.
 */
final class Trail {
  private final ApprovalKey key;
  private final EnclaveId enclave;
  private final String node;

  Trail(ApprovalKey key, EnclaveId enclave, String node) {
    this.key = key;
    this.enclave = enclave;
    this.node = node;
  }

  /**
   * The record of one step.
   *
   * @param number of it, from 1
   */
  AuditRecord of(Proceedings proceedings, int number) {
    var step = proceedings.steps().get(number - 1);
    var request = proceedings.request();
    var ballot = step.ballot();
    var record =
        new AuditBuilder(
                AuditId.ofApproval(key.approval(), number, step.at()),
                step.at(),
                key.organization(),
                Plane.APPROVAL,
                "approval:" + step.deed().name().toLowerCase(Locale.ROOT),
                verdict(step, ballot))
            .agent(request.agent(), request.owner())
            .at(enclave, node)
            .resource(
                request.operation()
                    + " "
                    + request.plane().target(request.within(), request.resource()))
            .actionDigest(request.digest())
            .policies(request.policyIds(), request.bundleVersion())
            .risk(request.risk())
            .approval(key.approval())
            .trace(request.traceId())
            .outcome(new Outcome(Outcome.Status.SUCCEEDED, 0, null, null))
            .detail(detail(proceedings, step, ballot));
    var model = model(step, ballot);
    if (model != null) {
      record.byModel(model);
    } else if (ballot != null) {
      record.byOperator(ballot.by());
    } else if (step.by() != null) {
      record.byOperator(step.by());
    } else if (step.deed() == Proceedings.Deed.ASKED && request.origin() != null) {
      record.byOperator(request.origin().edit().by());
    } else if (step.deed() == Proceedings.Deed.ASKED || step.action() != null) {
      record.byAgent();
    }
    return record.build();
  }

  /** The model whose word it is; null: it is somebody else's, or nobody's. */
  private static @Nullable String model(Step step, @Nullable Ballot ballot) {
    if (step.opinion() != null) {
      return step.opinion().by();
    }
    return ballot != null && ModelOpinion.isModel(ballot.by()) ? ballot.by() : null;
  }

  private static Verdict verdict(Step step, @Nullable Ballot ballot) {
    return switch (step.deed()) {
      case ASKED, ESCALATED, REFERRED -> Verdict.ESCALATE;
      case GRANTED, USED -> Verdict.PERMIT;
      case DENIED, EXPIRED, CANCELLED, EDITED -> Verdict.DENY;
      case VOTED ->
          ballot != null && ballot.decision() == Decision.APPROVE ? Verdict.PERMIT : Verdict.DENY;
    };
  }

  /** Where, and not into what: that is sealed, and stays here. */
  private static String changed(ApprovalView.Edit edit) {
    return "%s (digest %s; by %s; %s)"
        .formatted(
            edit.approval(), edit.actionDigest(), edit.by(), String.join(", ", edit.changes()));
  }

  private static String detail(Proceedings proceedings, Step step, @Nullable Ballot ballot) {
    var workflow = proceedings.request().workflows().get(step.workflow()).name();
    var place = "tier %d of workflow %s".formatted(step.tier() + 1, workflow);
    var opinion = step.opinion();
    if (opinion != null) {
      return "%s, %s; %s: %s"
          .formatted(
              opinion.said() == null
                  ? "nothing, as a model"
                  : opinion.said().wire() + ", as a model, confidence " + opinion.confidence(),
              place,
              step.note(),
              opinion.reason());
    }
    var edit = step.edit();
    if (edit == null && step.deed() == Proceedings.Deed.ASKED) {
      var origin = proceedings.request().origin();
      return origin == null
          ? place
          : "%s, in the place of %s".formatted(place, changed(origin.edit()));
    }
    if (ballot != null) {
      return "%s, through %s, %s%s: %s"
          .formatted(
              edit == null ? ballot.decision().wire() : "changed into " + changed(edit),
              ballot.through(),
              ballot.authenticationAge() == null
                  ? ""
                  : "authenticated %d s before, ".formatted(ballot.authenticationAge()),
              place,
              ballot.reason());
    }
    if (step.action() != null) {
      return "used by " + step.action();
    }
    return step.note() == null ? place : step.note();
  }
}
