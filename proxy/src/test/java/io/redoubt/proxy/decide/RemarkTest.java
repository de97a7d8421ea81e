package io.redoubt.proxy.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.agent.Judgement;
import io.redoubt.policy.Decision;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.session.Risk;
import io.redoubt.session.Risk.Contribution;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a record says in words has an end, and what is cut off is the least of it. */
class RemarkTest {
  private static final Risk RISK = new Risk(30, List.of(new Contribution("off-intent", 30)));

  private static Judgement judged(List<String> errors, List<Decision.Alert> alerts) {
    return new Judgement(
        3,
        new Decision(
            Verdict.DENY,
            List.of("p"),
            List.of("deploys"),
            alerts,
            new Decision.Shadow(Verdict.PERMIT, List.of("watched"), List.of(), List.of()),
            errors),
        RISK);
  }

  @Test
  void everythingIsSaidWhereThereIsRoom() {
    assertThat(
            Remark.of(
                List.of("policy_denied"),
                judged(List.of("e1", "e2"), List.of(new Decision.Alert("p", "look")))))
        .isEqualTo(
            "policy_denied; e1; e2; risk 30: off-intent 30; workflow deploys; alert of p: look;"
                + " in shadow permit by watched");
  }

  @Test
  void howACallWasChangedLeavesRoomForWhatIsToldNowhereElse() {
    var edit =
        new ApprovalView.Edit(
            ApprovalId.next(InstantSource.system()),
            "ab".repeat(32),
            "mem_ann",
            Collections.nCopies(20, "/" + "x".repeat(100)));

    var place = Remark.inThePlaceOf(edit);

    assertThat(place).hasSizeLessThan(410).contains("mem_ann: /xxx").endsWith("…");
    assertThat(
            Remark.of(
                List.of(place),
                judged(List.of("e".repeat(900)), List.of(new Decision.Alert("p", "look")))))
        .contains("alert of p: look; in shadow permit by watched");
  }

  @Test
  void errorsAreShortenedBeforeAnythingElse() {
    var errors = Collections.nCopies(40, "attribute `amount` of context.args is another type");

    var text = Remark.of(List.of("policy_denied"), judged(errors, List.of()));

    assertThat(text)
        .hasSize(1_000)
        .startsWith("policy_denied; attribute `amount`")
        .contains("…; risk 30: off-intent 30; workflow deploys; in shadow permit by watched");
  }

  @Test
  void ofErrorsOneIsAlwaysLeftAndTheWholeHasAnEnd() {
    var alerts = Collections.nCopies(9, new Decision.Alert("p", "a".repeat(200)));

    var text = Remark.of(List.of("policy_denied"), judged(List.of("e".repeat(900)), alerts));

    assertThat(text)
        .hasSize(1_000)
        .contains("e".repeat(199) + "…; risk 30: off-intent 30; workflow deploys; alert of p: a")
        .endsWith("…");
  }

  @Test
  void noCharacterIsCutInHalf() {
    var text = Remark.of(List.of("x" + "😀".repeat(600)), null);

    assertThat(text).endsWith("😀…").hasSizeLessThanOrEqualTo(1_000);
  }
}
