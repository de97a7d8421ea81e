package io.redoubt.enclave.kill;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.enclave.lease.Ledger;
import io.redoubt.enclave.lease.Voters;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StopProofTest {
  private static final Duration CERTAIN = Duration.ofMillis(840);
  private static final long AGES_AGO = at(0);
  private static final Voters THREE = new Voters(List.of(1L, 2L, 3L), List.of(1L, 2L, 3L));

  private final StopProof proof = new StopProof(Set.of(1L, 2L, 3L), THREE, AGES_AGO, CERTAIN);

  /** Milliseconds of the test, on a clock that is about to turn over. */
  private static long at(long millis) {
    return Long.MAX_VALUE - Duration.ofSeconds(100).toNanos() + Duration.ofMillis(millis).toNanos();
  }

  private static Ledger.Granted granted(Map<Long, Long> agoMillis) {
    return new Ledger.Granted(agoMillis, 60_000);
  }

  @Test
  void aNodeThatAnswersIsWaitedForNoLonger() {
    proof.answered(1, granted(Map.of()), at(100_000));
    proof.answered(2, granted(Map.of()), at(100_000));
    proof.answered(3, granted(Map.of()), at(100_000));

    assertThat(proof.silent()).isEmpty();
  }

  @Test
  void whileOnlyAMinorityKnowsNothingIsCertain() {
    proof.answered(1, granted(Map.of()), at(100_000));

    assertThat(proof.certainAt()).isEmpty();
  }

  @Test
  void itIsCertainOnceEveryLeaseIsOverThatOneOfTheMajorityGranted() {
    proof.answered(1, granted(Map.of(2L, 10L, 3L, 150L)), at(100_000));
    proof.answered(2, granted(Map.of(1L, 10L, 3L, 90L)), at(100_020));

    assertThat(proof.silent()).containsExactly(3L);
    assertThat(proof.certainAt()).hasValue(at(100_020 - 90 + 840));
  }

  @Test
  void aNodeThatWasSilentLongBeforeNeedsNoWaiting() {
    proof.answered(1, granted(Map.of(3L, 5_000L)), at(100_000));
    proof.answered(2, granted(Map.of()), at(100_000));

    assertThat(proof.certainAt().orElseThrow() - at(100_000)).isNegative();
  }

  @Test
  void whoAnswersOnceAMajorityKnowsCannotHaveGrantedWithoutTheStopUnheardOf() {
    var five = new Voters(List.of(1L, 2L, 3L, 4L, 5L), List.of(1L, 2L, 3L, 4L, 5L));
    var proof = new StopProof(Set.of(1L, 2L, 3L, 4L, 5L), five, AGES_AGO, CERTAIN);
    proof.answered(1, granted(Map.of(5L, 100L)), at(100_000));
    proof.answered(2, granted(Map.of(5L, 100L)), at(100_000));
    proof.answered(3, granted(Map.of(5L, 100L)), at(100_000));
    long certain = proof.certainAt().orElseThrow();

    proof.answered(4, granted(Map.of(5L, 0L)), at(100_500));

    assertThat(proof.certainAt()).hasValue(certain);
  }

  @Test
  void aNodeThatStartedJustNowMayHaveGrantedBefore() {
    proof.answered(1, new Ledger.Granted(Map.of(), 200), at(100_000));
    proof.answered(2, granted(Map.of()), at(100_000));

    assertThat(proof.certainAt()).hasValue(at(100_000 - 200 + 840));
  }

  @Test
  void afterAChangeOfMembersEveryLeaseOfBeforeMustBeOver() {
    var changed = new StopProof(Set.of(1L, 2L, 3L), THREE, at(99_900), CERTAIN);
    changed.answered(1, granted(Map.of()), at(100_000));
    changed.answered(2, granted(Map.of()), at(100_000));
    assertThat(changed.certainAt()).hasValue(at(99_900 + 840));

    changed.membersChanged(new Voters(List.of(2L, 3L), List.of(2L, 3L)), at(100_300));

    assertThat(changed.certainAt()).hasValue(at(100_300 + 840));
    changed.membersChanged(new Voters(List.of(3L), List.of(3L)), at(100_400));
    assertThat(changed.certainAt()).as("nobody of who answered is left").isEmpty();
  }
}
