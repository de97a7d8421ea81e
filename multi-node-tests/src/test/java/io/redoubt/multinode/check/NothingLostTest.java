package io.redoubt.multinode.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.multinode.history.History;
import io.redoubt.multinode.history.Rotation;
import io.redoubt.multinode.history.Rotation.Answer;
import io.redoubt.multinode.history.Timed;
import org.junit.jupiter.api.Test;

/** The checker of durability accepts what may happen, and rejects what must not. */
final class NothingLostTest {
  private static final long RECOVERED = 100;

  private final History history = new History();

  private void call(long started, String presented, Answer answer) {
    long ended = answer instanceof Rotation.Maybe ? Timed.NEVER : started + 1;
    history.add(new Rotation("family", presented, null, started, ended, answer));
  }

  private static Answer granted(String successor) {
    return new Rotation.Granted(successor, "id of " + successor);
  }

  private void isAccepted() {
    assertThat(NothingLost.violations(history, RECOVERED)).isEmpty();
  }

  private void isRejected() {
    assertThat(NothingLost.violations(history, RECOVERED)).isNotEmpty();
  }

  @Test
  void theLastAcknowledgedTokenWorksAfterwards() {
    call(0, "a", granted("b"));
    call(200, "b", granted("c"));

    isAccepted();
  }

  @Test
  void anAcknowledgedTokenThatIsRefusedIsLost() {
    call(0, "a", granted("b"));
    call(200, "b", new Rotation.Refused());

    isRejected();
  }

  @Test
  void aTokenThatALostCallSpentIsNotLost() {
    call(0, "a", granted("b"));
    call(2, "b", new Rotation.Maybe("broken"));
    call(200, "b", new Rotation.Replayed());

    isAccepted();
  }

  @Test
  void aLostCallExcusesOnlyTheTokenThatItSpent() {
    call(0, "a", new Rotation.Maybe("broken"));
    call(2, "a", granted("b"));
    call(200, "b", new Rotation.Replayed());

    isRejected();
  }

  @Test
  void aFamilyThatNobodyTriedProvesNothing() {
    call(0, "a", granted("b"));
    call(200, "b", new Rotation.NotSpent("429"));
    call(202, "b", new Rotation.Maybe("broken"));

    isRejected();
  }

  @Test
  void whoCannotTryProvesNothingAndIsNotAsked() {
    call(0, "a", granted("b"));
    call(200, "b", new Rotation.NotSpent("403"));

    assertThat(NothingLost.amongTried(history, RECOVERED)).isEmpty();
    call(202, "b", new Rotation.Refused());
    assertThat(NothingLost.amongTried(history, RECOVERED)).isNotEmpty();
  }

  @Test
  void tryingAnOlderTokenProvesNothing() {
    call(0, "a", granted("b"));
    call(200, "a", granted("c"));

    isRejected();
  }
}
