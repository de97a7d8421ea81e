package io.redoubt.controlplane.decision;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.controlplane.decision.Remarks.Alert;
import io.redoubt.controlplane.decision.Remarks.Contribution;
import io.redoubt.protocol.audit.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;

class RemarksTest {
  @Test
  void aRecordWithoutRemarksSaysNothing() {
    var remarks = Remarks.of(null);

    assertThat(remarks).isEqualTo(Remarks.of(""));
    assertThat(remarks.reasons()).isEmpty();
    assertThat(remarks.shadow()).isNull();
    assertThat(remarks.whole()).isTrue();
  }

  @Test
  void eachPartIsFoundAgain() {
    var remarks =
        Remarks.of(
            "control-plane-away; risk 40: off-intent 30, finding pii:email 10; workflow leads;"
                + " workflow legal; alert of guard#2: look; at this, risk 9: x 9; alert of late: ;"
                + " in shadow deny by guard guard#quiet");

    assertThat(remarks.reasons()).containsExactly("control-plane-away");
    assertThat(remarks.risk())
        .containsExactly(
            new Contribution("off-intent", 30), new Contribution("finding pii:email", 10));
    assertThat(remarks.workflows()).containsExactly("leads", "legal");
    assertThat(remarks.alerts())
        .containsExactly(new Alert("guard#2", "look; at this, risk 9: x 9"), new Alert("late", ""));
    assertThat(remarks.shadow())
        .isEqualTo(new Remarks.Shadow(Verdict.DENY, List.of("guard", "guard#quiet")));
    assertThat(remarks.whole()).isTrue();
  }

  @Test
  void aShadowThatNoPolicyPermitsNamesNone() {
    assertThat(Remarks.of("in shadow deny by ").shadow())
        .isEqualTo(new Remarks.Shadow(Verdict.DENY, List.of()));
  }

  @Test
  void whatEndsWhereTheRecordEndsMayHaveBeenCutOff() {
    var remarks = Remarks.of("x".repeat(990) + "; risk 30:");

    assertThat(remarks.whole()).isFalse();
    assertThat(remarks.reasons()).hasSize(2);
  }
}
