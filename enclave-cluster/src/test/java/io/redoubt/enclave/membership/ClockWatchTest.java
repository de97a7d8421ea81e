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
  private final ClockWatch watch = new ClockWatch(CONFIG, here);

  /** The database's clock is ahead by that much, and answers at once. */
  private void look(Duration ahead) {
    Instant now = here.instant();
    watch.compare(now, now.plus(ahead), nanos);
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
    Instant before = here.instant();
    here.advance(Duration.ofMinutes(3));

    watch.compare(before, before.plusSeconds(90), nanos);

    assertThat(watch.ahead()).isZero();
    assertThat(watch.right()).isTrue();
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
