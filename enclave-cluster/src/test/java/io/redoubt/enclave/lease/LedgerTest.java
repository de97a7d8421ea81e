package io.redoubt.enclave.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.agent.AgentKey;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LedgerTest {
  private static final long ANN = 1;
  private static final long BOB = 2;
  private static final Duration KEEP = Duration.ofMinutes(1);

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE);
  private final Ledger ledger = new Ledger(3, nanos::get);

  private void pass(Duration span) {
    nanos.addAndGet(span.toNanos());
  }

  private static News stop(int number) {
    var agent = new AgentKey(new OrganizationId(new UUID(1, 1)), new AgentId(new UUID(2, number)));
    return new News.Stopped(agent, new UUID(3, number));
  }

  @Test
  void everyNodeHearsWhatItHasNotHeardAndNothingTwice() {
    ledger.note(stop(1), KEEP);
    var first = ledger.grant(ANN, 0, 10);
    ledger.note(stop(2), KEEP);

    assertThat(first).isEqualTo(new Ledger.Page(1, true, List.of(stop(1))));
    assertThat(ledger.grant(ANN, 1, 10)).isEqualTo(new Ledger.Page(2, true, List.of(stop(2))));
    assertThat(ledger.grant(ANN, 2, 10)).isEqualTo(new Ledger.Page(2, true, List.of()));
    assertThat(ledger.grant(BOB, 0, 10).news()).containsExactly(stop(1), stop(2));
  }

  @Test
  void whatIsNotedIsNotNotedAgain() {
    assertThat(ledger.note(stop(1), KEEP)).isTrue();
    assertThat(ledger.note(stop(1), KEEP)).isFalse();

    assertThat(ledger.grant(ANN, 0, 10).news()).containsExactly(stop(1));
  }

  @Test
  void manyNewsComeBitByBitAndOnlyTheLastBitIsComplete() {
    ledger.note(stop(1), KEEP);
    ledger.note(stop(2), KEEP);
    ledger.note(stop(3), KEEP);

    assertThat(ledger.grant(ANN, 0, 2))
        .isEqualTo(new Ledger.Page(2, false, List.of(stop(1), stop(2))));
    assertThat(ledger.grant(ANN, 2, 2)).isEqualTo(new Ledger.Page(3, true, List.of(stop(3))));
  }

  @Test
  void whoMissedWhatWasDroppedGetsNoCompleteAnswerUntilItsTimeHasPassed() {
    for (int i = 1; i <= 4; i++) {
      ledger.note(stop(i), KEEP);
    }

    assertThat(ledger.grant(ANN, 1, 10).complete()).as("has read what was dropped").isTrue();
    var missed = ledger.grant(BOB, 0, 10);
    assertThat(missed.complete()).isFalse();
    assertThat(missed.news()).containsExactly(stop(2), stop(3), stop(4));

    pass(KEEP);
    assertThat(ledger.grant(BOB, 0, 10).complete()).isTrue();
  }

  @Test
  void whatIsPastIsForgotten() {
    ledger.note(stop(1), KEEP);
    pass(KEEP.plusSeconds(10));
    ledger.note(stop(2), KEEP);

    assertThat(ledger.grant(ANN, 0, 10)).isEqualTo(new Ledger.Page(2, true, List.of(stop(2))));
    assertThat(ledger.note(stop(3), Duration.ZERO)).as("past already").isFalse();
  }

  @Test
  void itIsKnownHowLongAgoANodeWasGranted() {
    pass(Duration.ofSeconds(5));
    ledger.grant(ANN, 0, 10);
    pass(Duration.ofMillis(300));
    ledger.grant(BOB, 0, 10);
    pass(Duration.ofMillis(200));

    var granted = ledger.granted();

    assertThat(granted.agoMillis()).containsEntry(ANN, 500L).containsEntry(BOB, 200L).hasSize(2);
    // Before it was started it may have granted anything.
    assertThat(granted.othersAgoMillis()).isEqualTo(5500);
  }

  @Test
  void veryOldGrantsAreNotToldApart() {
    ledger.grant(ANN, 0, 10);
    pass(Duration.ofMinutes(5));
    ledger.note(stop(1), KEEP);

    assertThat(ledger.granted().agoMillis()).isEmpty();
    assertThat(ledger.granted().othersAgoMillis()).isEqualTo(Duration.ofMinutes(1).toMillis());
  }
}
