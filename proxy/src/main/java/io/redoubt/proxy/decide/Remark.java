package io.redoubt.proxy.decide;

import io.redoubt.agent.Judgement;
import io.redoubt.policy.Decision;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.text.PlainText;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the log is told in words besides a verdict: what policies have to report. */
public final class Remark {
  private static final int MAX_LENGTH = 1_000;
  private static final String BETWEEN = "; ";

  /** One line of one error: the others are seldom news. */
  private static final int LEAST_OF_ERRORS = 200;

  /** What comes after it are alerts, which are told nowhere else. */
  private static final int MOST_OF_EDIT = 400;

  private Remark() {}

  /**
   * In one line. Where there is too much to say, the errors are shortened first: there may be one
   * of each policy, and what comes after them is said once.
   *
   * @param first what comes first, such as a code
   * @param judgement null: policies were not asked
   * @return null: there is nothing to say
   */
  public static @Nullable String of(List<String> first, @Nullable Judgement judgement) {
    if (judgement == null) {
      return cut(String.join(BETWEEN, first), MAX_LENGTH);
    }
    var begin = new ArrayList<String>(first);
    if (isPermittedByNone(judgement.decision())) {
      begin.add("no policy permits it");
    }
    var end = new ArrayList<String>();
    add(judgement, end);
    var errors = new ArrayList<String>();
    int room =
        MAX_LENGTH - String.join(BETWEEN, begin).length() - String.join(BETWEEN, end).length();
    var whole = String.join(BETWEEN, judgement.decision().errors());
    var shortened = cut(whole, Math.max(LEAST_OF_ERRORS, room - 2 * BETWEEN.length()));
    if (shortened != null) {
      errors.add(shortened);
    }
    return cut(
        Stream.of(begin, errors, end).flatMap(List::stream).collect(Collectors.joining(BETWEEN)),
        MAX_LENGTH);
  }

  /** The mark says that there was more of it. Null: there is nothing. */
  private static @Nullable String cut(String text, int length) {
    return text.isEmpty() ? null : PlainText.cut(text, length);
  }

  private static void add(Judgement judgement, List<String> remarks) {
    var decision = judgement.decision();
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

  /** Of a call that stands in the place of another. */
  public static String inThePlaceOf(ApprovalView.Edit edit) {
    return PlainText.cut(
        "in the place of digest %s, changed by %s: %s"
            .formatted(edit.actionDigest(), edit.by(), String.join(", ", edit.changes())),
        MOST_OF_EDIT);
  }

  private static boolean isPermittedByNone(Decision decision) {
    return decision.verdict() == Verdict.DENY
        && decision.policyIds().isEmpty()
        && decision.errors().isEmpty();
  }
}
