package io.redoubt.enclave.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ClockWatchTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final FormingConfig CONFIG =
      new FormingConfig(Duration.ofSeconds(1), Duration.ofSeconds(10), LIMIT, PATIENCE);

  /** Close to where the monotonic clock turns over. */
  private long nanos = Long.MAX_VALUE - Duration.ofSeconds(90).toNanos();

  private final ManualClock here = new ManualClock();
  private final ClockWatch watch = new ClockWatch(CONFIG, here, () -> nanos);

  /** The database's clock is ahead by that much, and answers at once. */
  private void look(Duration ahead) {
    watch.compare(watch.ask(), here.instant().plus(ahead));
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
    here.advance(time);
  }

  @Test
  void upToTheLimitItIsRightInBothDirections() {
    look(LIMIT);
    assertThat(watch.right()).isTrue();
    assertThat(watch.ahead()).isEqualTo(LIMIT.negated());

    look(LIMIT.negated());
    assertThat(watch.right()).isTrue();
    assertThat(watch.ahead()).isEqualTo(LIMIT);
  }

  @Test
  void beyondTheLimitItIsWrongUntilItAgreesAgain() {
    look(LIMIT.plusMillis(1));
    assertThat(watch.right()).isFalse();
    assertThat(watch.describe()).contains("30 seconds behind the database's");
    look(Duration.ofMinutes(-10));
    assertThat(watch.right()).isFalse();
    assertThat(watch.describe()).contains("600 seconds ahead of the database's");

    look(Duration.ZERO);

    assertThat(watch.right()).isTrue();
  }

  /** Nobody knows at which moment between question and answer the database looked at its clock. */
  @Test
  void whatAskingTookIsNoDifference() {
    var asked = watch.ask();
    pass(Duration.ofMinutes(3));

    watch.compare(asked, asked.here().plusSeconds(90));

    assertThat(watch.ahead()).isZero();
    assertThat(watch.right()).isTrue();
  }

  @Test
  void whatIsSharedGoesOnWhateverThisClockIsSetTo() {
    look(Duration.ofSeconds(-20));
    Instant known = watch.shared().instant();
    assertThat(known).isEqualTo(here.instant().minusSeconds(20));

    here.advance(LIMIT);
    assertThat(watch.shared().instant()).as("set").isEqualTo(known);
    pass(Duration.ofSeconds(7));

    assertThat(watch.shared().instant()).isEqualTo(known.plusSeconds(7));
    assertThat(watch.right()).as("it was set by no more than it may differ").isTrue();
  }

  /** Stopped in the middle of asking, before the question went out or once the answer was there. */
  @Test
  void whatIsSharedIsNeitherLateNorEarlyWhereThisProcessStoodStillWhileItAsked() {
    Duration behind = Duration.ofSeconds(20);
    look(behind.negated());

    var asked = watch.ask();
    Instant answered = here.instant().minus(behind);
    pass(Duration.ofSeconds(25));
    watch.compare(asked, answered);
    assertThat(watch.shared().instant()).as("after").isEqualTo(here.instant().minus(behind));

    asked = watch.ask();
    pass(Duration.ofSeconds(25));
    watch.compare(asked, here.instant().minus(behind));
    assertThat(watch.shared().instant()).as("before").isEqualTo(here.instant().minus(behind));
    assertThat(watch.right()).isTrue();
  }

  @Test
  void ofASlowAnswerTheDatabasesWordIsTheLeast() {
    look(Duration.ZERO);
    var asked = watch.ask();
    pass(Duration.ofSeconds(2));
    Instant answered = here.instant().plusSeconds(7);

    watch.compare(asked, answered);

    assertThat(watch.shared().instant()).isEqualTo(answered);
  }

  /** The next heartbeat may be a second away, or not come at all while the database is away. */
  @Test
  void aJumpBeyondTheLimitIsNoticedAtOnceAndForgivenWhenItAgreesAgain() {
    look(Duration.ZERO);
    Duration far = LIMIT.plusMillis(1);

    here.advance(far);
    assertThat(watch.right()).as("ahead").isFalse();
    look(far.negated());
    assertThat(watch.right()).as("it is wrong, and goes on").isFalse();
    here.advance(far.negated());
    assertThat(watch.right()).as("nobody has looked yet").isFalse();
    look(Duration.ZERO);
    assertThat(watch.right()).as("a lease from before may still stand").isFalse();
    look(Duration.ZERO);
    assertThat(watch.right()).isTrue();

    here.advance(far.negated());
    assertThat(watch.right()).as("behind").isFalse();
  }

  @Test
  void aJumpBetweenQuestionAndAnswerIsNotTakenForTheTimeThatAskingTook() {
    var asked = watch.ask();
    Instant there = here.instant();
    here.advance(Duration.ofHours(1));

    watch.compare(asked, there);

    assertThat(watch.right()).isFalse();
    assertThat(watch.shared().instant()).isEqualTo(there);
  }

  @Test
  void patienceEndsOnceItHasBeenWrongAllTheTime() {
    var beyond = watch.whenBeyondPatience().toCompletableFuture();
    look(Duration.ofMinutes(10));
    pass(PATIENCE.minusMillis(1));
    look(Duration.ofMinutes(10));
    assertThat(beyond).isNotDone();
    look(Duration.ZERO);
    look(Duration.ofMinutes(10));
    pass(PATIENCE.minusMillis(1));
    look(Duration.ofMinutes(10));
    assertThat(beyond).isNotDone();

    pass(Duration.ofMillis(1));
    look(Duration.ofMinutes(10));

    assertThat(beyond).isDone();
  }
}
