package io.redoubt.controlplane.policy;

import io.redoubt.policy.PolicyProblem;
import io.redoubt.policy.PolicyProblems;
import io.redoubt.policy.PolicySet;
import io.redoubt.policy.Yielding;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.PolicyDocument;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What becomes of published policies above a new floor. The floor has the last word: what cannot be
 * run with it yields, and where that does not help, the floor stands alone.
 *
 * @param yielded what had to yield, and why; empty: nothing had to
 * @param alone whether all of it had to
 */
record Raised(Content content, List<PolicyProblem> yielded, boolean alone) {
  /** Longest list of names in a record. */
  private static final int MOST_NAMED = 20;

  private static final String LEFT_OUT = "left-out";

  Raised {
    yielded = List.copyOf(yielded);
  }

  /** Takes its time. */
  static Raised of(Content content, OrganizationId organization, Instant now) {
    var compilation = content.compile();
    var raised =
        switch (compilation) {
          case PolicySet set -> new Raised(content.holding(set, organization), List.of(), false);
          case PolicyProblems problems ->
              Yielding.of(content.documents(), content.contentPolicies())
                  .map(it ->
                      new Raised(
                          content
                              .with(it.documents(), it.content())
                              .holding(it.set(), organization),
                          it.yielded().isEmpty() ? problems.problems() : it.yielded(),
                          false))
                  .orElseGet(() -> alone(content, problems));
        };
    return raised.content().fits(organization, now) ? raised : alone(content, tooMuch());
  }

  /** The floor alone: everything else is denied, until something is published that goes with it. */
  static Raised alone(Content content, PolicyProblems why) {
    var first = why.problems().getFirst();
    var remark =
        """
        // Nothing that was published here can be run above the platform's floor, so nothing is
        // permitted. What is in the way is said when the draft is tested or published.
        // %s: %s
        """
            .formatted(
                PolicyTexts.pointer(first), first.message().replaceAll("[\\p{Cntrl}\\p{Cs}]", " "));
    return new Raised(
        content.floorAnd(
            new PolicyDocument(
                LEFT_OUT,
                remark.substring(0, Math.min(remark.length(), PolicyDocument.MAX_LENGTH)))),
        List.of(first),
        true);
  }

  private static PolicyProblems tooMuch() {
    return new PolicyProblems(
        List.of(
            new PolicyProblem(
                PolicyProblem.ALL, 1, 1, "together with the floor more than a bundle holds")));
  }

  /** For the record; empty: nothing had to yield. */
  String remark() {
    if (yielded.isEmpty()) {
      return "";
    }
    if (alone) {
      return ", alone, since " + why();
    }
    var names =
        yielded.stream()
            .map(PolicyTexts::pointer)
            .limit(MOST_NAMED)
            .collect(Collectors.joining(" "));
    return ", to which yield " + names + (yielded.size() > MOST_NAMED ? " …" : "");
  }

  /** The first reason. */
  String why() {
    var first = yielded.getFirst();
    return PolicyTexts.pointer(first) + ": " + first.message();
  }
}
