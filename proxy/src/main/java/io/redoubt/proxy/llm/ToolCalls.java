package io.redoubt.proxy.llm;

import io.redoubt.protocol.audit.Outcome;
import io.redoubt.proxy.llm.Admission.Admitted;
import io.redoubt.proxy.llm.ToolCallDecisions.Decided;
import io.redoubt.proxy.llm.ToolCallDecisions.Grant;
import io.redoubt.proxy.llm.reply.ProposedCall;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The tool calls in the reply of one exchange: each that is permitted gets its outcome (G4). */
final class ToolCalls {
  /** An end of the exchange before its calls were out. */
  private record End(Outcome.Status status, @Nullable String error) {}

  private final ToolCallDecisions decisions;
  private final LlmCall call;
  private final Admitted admitted;

  /** Permitted and on record, and not out yet. */
  private final List<Grant> granted = new ArrayList<>();

  private @Nullable End end;
  private boolean unrecorded;

  ToolCalls(ToolCallDecisions decisions, LlmCall call, Admitted admitted) {
    this.decisions = decisions;
    this.call = call;
    this.admitted = admitted;
  }

  /** Has them decided, all together. Never fails. */
  CompletionStage<DecidedCalls> decide(List<ProposedCall> calls) {
    return decisions
        .decide(call, admitted, calls, this::isWanted)
        .thenApply(decided -> {
          take(decided);
          return new DecidedCalls(decided.verdicts(), () -> released(decided.grants()));
        });
  }

  private synchronized boolean isWanted() {
    return end == null && admitted.stream().whyCut() == null;
  }

  private void take(Decided decided) {
    End before;
    synchronized (this) {
      unrecorded |= !decided.recorded();
      before = end;
      if (before == null) {
        granted.addAll(decided.grants());
      }
    }
    if (before != null) {
      conclude(decided.grants(), before);
    }
  }

  private void released(List<Grant> grants) {
    synchronized (this) {
      granted.removeAll(grants);
    }
    conclude(grants, new End(Outcome.Status.SUCCEEDED, null));
  }

  /** The exchange is over; what has not gone out by now, never will. */
  void ended(Outcome.Status how, @Nullable String error) {
    List<Grant> left;
    var last = new End(how == Outcome.Status.SUCCEEDED ? Outcome.Status.CANCELLED : how, error);
    synchronized (this) {
      end = last;
      left = List.copyOf(granted);
      granted.clear();
    }
    conclude(left, last);
  }

  private void conclude(List<Grant> grants, End how) {
    for (var grant : grants) {
      decisions.conclude(call, grant, how.status(), how.error());
    }
  }

  /** Whether something that was denied could not be put on record, which the outcome then says. */
  synchronized boolean isUnrecorded() {
    return unrecorded;
  }
}
