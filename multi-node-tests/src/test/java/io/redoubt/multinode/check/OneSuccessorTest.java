package io.redoubt.multinode.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Rotation;
import io.redoubt.multinode.history.Rotation.Answer;
import io.redoubt.multinode.history.Rotation.Granted;
import io.redoubt.multinode.history.Rotation.Maybe;
import io.redoubt.multinode.history.Rotation.NotSpent;
import io.redoubt.multinode.history.Rotation.Refused;
import io.redoubt.multinode.history.Rotation.Replayed;
import io.redoubt.multinode.history.Timed;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The checker of G1 accepts what may happen, and rejects what must not. */
final class OneSuccessorTest {
  private static final Answer REPLAYED = new Replayed();
  private static final Answer REFUSED = new Refused();
  private static final Answer MAYBE = new Maybe("time-out");

  private final History history = new History();

  private void call(
      long started, long ended, String presented, @Nullable String committed, Answer answer) {
    history.add(new Rotation("family", presented, committed, started, ended, answer));
  }

  private void call(long started, long ended, String presented, Answer answer) {
    call(started, ended, presented, null, answer);
  }

  private void lost(long started, String presented, @Nullable String committed) {
    call(started, Timed.NEVER, presented, committed, MAYBE);
  }

  private static Granted granted(String successor) {
    return new Granted(successor, "id of " + successor);
  }

  private void isAccepted() {
    assertThat(OneSuccessor.violations(history)).isEmpty();
  }

  private void isRejected() {
    assertThat(OneSuccessor.violations(history)).isNotEmpty();
  }

  @Test
  void aChainIsAccepted() {
    call(0, 1, "a", granted("b"));
    call(2, 3, "b", granted("c"));
    call(4, 5, "c", new NotSpent("403"));
    call(6, 7, "c", granted("d"));

    isAccepted();
  }

  @Test
  void twoSuccessorsOfOneTokenAreRejected() {
    call(0, 10, "a", granted("b"));
    call(0, 10, "a", granted("c"));

    isRejected();
  }

  @Test
  void twoSuccessorsAreRejectedEvenIfACommitmentIsOneOfThem() {
    call(0, 10, "a", "b", granted("b"));
    call(0, 10, "a", "c", granted("c"));

    isRejected();
  }

  @Test
  void ofTwoConcurrentUsesOneWinsAndTheOtherKillsTheFamily() {
    call(0, 10, "a", granted("b"));
    call(0, 10, "a", REPLAYED);
    call(11, 12, "b", REFUSED);

    isAccepted();
  }

  @Test
  void aFamilyThatOutlivesAReplayIsRejected() {
    call(0, 10, "a", granted("b"));
    call(0, 10, "a", REPLAYED);
    call(11, 12, "b", granted("c"));

    isRejected();
  }

  @Test
  void aReplayWithoutAFirstUseIsRejected() {
    call(0, 1, "a", REPLAYED);

    isRejected();
  }

  @Test
  void aReplayMayBeAnsweredBeforeTheUseThatMadeItOne() {
    call(0, 20, "a", granted("b"));
    call(5, 10, "a", REPLAYED);

    isAccepted();
  }

  @Test
  void aRefusalOfALiveFamilyIsRejected() {
    call(0, 1, "a", granted("b"));
    call(2, 3, "b", REFUSED);

    isRejected();
  }

  @Test
  void anAcknowledgedSuccessorThatIsForgottenIsRejected() {
    call(0, 1, "a", granted("b"));
    call(2, 3, "b", granted("c"));
    call(10, 11, "b", granted("d"));

    isRejected();
  }

  @Test
  void aSuccessorThatWasNeverHandedOutIsRejected() {
    call(0, 1, "a", granted("b"));
    call(2, 3, "x", granted("y"));

    isRejected();
  }

  @Test
  void aLostAnswerExplainsAReplay() {
    lost(0, "a", null);
    call(10, 11, "a", REPLAYED);
    call(12, 13, "a", REFUSED);

    isAccepted();
  }

  @Test
  void aLostCallMayHaveDoneNothing() {
    lost(0, "a", null);
    call(10, 11, "a", granted("b"));
    call(12, 13, "b", granted("c"));

    isAccepted();
  }

  @Test
  void aLostCallMayTakeEffectMuchLater() {
    lost(0, "a", null);
    call(10, 11, "a", granted("b"));
    call(12, 13, "b", REFUSED);

    isAccepted();
  }

  @Test
  void aLostCallDoesNotTakeEffectBeforeItStarts() {
    call(0, 1, "a", REPLAYED);
    lost(2, "a", null);

    isRejected();
  }

  @Test
  void oneLostCallDoesNotExplainTwoThings() {
    lost(0, "a", null);
    call(10, 11, "a", granted("b"));
    call(12, 13, "b", REPLAYED);

    isRejected();
  }

  @Test
  void anIdenticalCommittedRequestHasTheSameOutcome() {
    call(0, 1, "a", "b", granted("b"));
    call(2, 3, "a", "b", granted("b"));
    call(4, 5, "b", "c", granted("c"));

    isAccepted();
  }

  @Test
  void anIdenticalRequestWithAnotherAccessTokenIsRejected() {
    call(0, 1, "a", "b", granted("b"));
    call(2, 3, "a", "b", new Granted("b", "another id"));

    isRejected();
  }

  @Test
  void anHonestRepeatThatIsCalledAReplayIsRejected() {
    lost(0, "a", "b");
    call(10, 11, "a", "b", REPLAYED);

    isRejected();
  }

  @Test
  void aRepeatAfterTheSuccessorWasUsedIsAReplay() {
    call(0, 1, "a", "b", granted("b"));
    call(2, 3, "b", "c", granted("c"));
    call(4, 5, "a", "b", REPLAYED);

    isAccepted();
  }

  @Test
  void aRepeatAfterTheSuccessorWasUsedMustNotBeGranted() {
    call(0, 1, "a", "b", granted("b"));
    call(2, 3, "b", "c", granted("c"));
    call(4, 5, "a", "b", granted("b"));

    isRejected();
  }

  @Test
  void theFourthRepeatIsAReplay() {
    for (int time = 0; time < 8; time += 2) {
      call(time, time + 1, "a", "b", granted("b"));
    }
    call(10, 11, "a", "b", REPLAYED);

    isAccepted();
  }

  @Test
  void theFourthRepeatMustNotBeGranted() {
    for (int time = 0; time < 10; time += 2) {
      call(time, time + 1, "a", "b", granted("b"));
    }

    isRejected();
  }

  @Test
  void aRepeatAfterTheWindowMustNotBeGranted() {
    long late = Duration.ofSeconds(70).toNanos();
    call(0, 1, "a", "b", granted("b"));
    call(late, late + 1, "a", "b", granted("b"));

    isRejected();
  }

  @Test
  void aDifferentCommitmentIsAReplay() {
    call(0, 1, "a", "b", granted("b"));
    call(2, 3, "a", "c", REPLAYED);
    call(4, 5, "b", "d", REFUSED);

    isAccepted();
  }

  @Test
  void aCommitmentThatIsNotHonouredIsRejected() {
    call(0, 1, "a", "b", granted("c"));

    isRejected();
  }

  @Test
  void eightConcurrentUsesAreSearchedThrough() {
    call(0, 100, "a", granted("b"));
    call(0, 100, "a", REPLAYED);
    for (int i = 0; i < 6; i++) {
      call(0, 100, "a", REFUSED);
    }

    isAccepted();
  }

  @Test
  void eightConcurrentUsesWithTwoReplaysAreRejected() {
    call(0, 100, "a", granted("b"));
    call(0, 100, "a", REPLAYED);
    call(0, 100, "a", REPLAYED);
    for (int i = 0; i < 5; i++) {
      call(0, 100, "a", REFUSED);
    }

    isRejected();
  }

  /** Rivals who all lost their answers, and a family that was found dead: any two may have met. */
  @Test
  void manyRivalsOfUnknownFateAreDecided() {
    String token = "t0";
    for (int i = 0; i < 12; i++) {
      String next = "t" + (i + 1);
      for (int again = 0; again < 8; again++) {
        lost(20L * i + again, token, next);
      }
      call(20L * i + 10, 20L * i + 11, token, next, new Granted(next, "id of " + next));
      token = next;
    }
    for (int again = 0; again < 12; again++) {
      for (String rival : new String[] {"x", "y", "z"}) {
        lost(1_000L + again, token, rival);
      }
    }
    for (int last = 0; last < 6; last++) {
      call(2_000, 2_100, token, "w" + last, REFUSED);
    }
    isAccepted();

    call(3_000, 3_001, token, "x", granted("x"));
    isRejected();
  }

  @Test
  void manyCallsOfUnknownFateAreDecided() {
    String token = "t0";
    for (int i = 0; i < 40; i++) {
      long at = 10L * i;
      String next = "t" + (i + 1);
      lost(at, token, next);
      lost(at + 1, token, next);
      call(at + 2, at + 3, token, next, new Granted(next, "id of " + next));
      token = next;
    }
    isAccepted();

    call(1_000, 1_001, "t3", "t4", granted("t4"));
    isRejected();
  }
}
