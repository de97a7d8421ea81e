package io.redoubt.proxy.llm;

import io.redoubt.agent.Judgement;
import io.redoubt.policy.Decision;
import io.redoubt.protocol.audit.Verdict;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the log is told in words besides a verdict: what policies have to report. */
final class Remark {
  private static final int MAX_LENGTH = 1_000;

  private Remark() {}

  /**
   * In one line.
   *
   * @param first what comes first, such as a code
   * @param judgement null: policies were not asked
   * @return null: there is nothing to say
   */
  static @Nullable String of(List<String> first, @Nullable Judgement judgement) {
    var remarks = new ArrayList<String>(first);
    if (judgement != null) {
      add(judgement, remarks);
    }
    var text = String.join("; ", remarks);
    return text.isEmpty() ? null : text.substring(0, Math.min(text.length(), MAX_LENGTH));
  }

  private static void add(Judgement judgement, List<String> remarks) {
    var decision = judgement.decision();
    if (isPermittedByNone(decision)) {
      remarks.add("no policy permits it");
    }
    remarks.addAll(decision.errors());
    if (judgement.risk().score() > 0) {
      remarks.add(judgement.risk().explained());
    }
    decision.workflows().forEach(each -> remarks.add("workflow " + each));
    decision
        .alerts()
        .forEach(each -> remarks.add("alert of %s: %s".formatted(each.policyId(), each.text())));
    var shadow = decision.shadow();
    if (shadow != null) {
      remarks.add(
          "in shadow %s by %s"
              .formatted(shadow.verdict().wire(), String.join(" ", shadow.policyIds())));
    }
  }

  private static boolean isPermittedByNone(Decision decision) {
    return decision.verdict() == Verdict.DENY
        && decision.policyIds().isEmpty()
        && decision.errors().isEmpty();
  }
}
