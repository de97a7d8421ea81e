package io.redoubt.multinode.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.multinode.check.DeadlinesKept.Look;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The checker of deadlines accepts what may happen, and rejects what must not. */
final class DeadlinesKeptTest {
  private static final Instant ASKED = Instant.parse("2026-11-20T12:00:00Z");
  private static final Duration TIER = Duration.ofSeconds(10);

  private final List<Look> looks = new ArrayList<>();

  private void look(long millis, int ended) {
    look(millis, millis, ended);
  }

  private void look(long asked, long answered, int ended) {
    looks.add(new Look("apr", ASKED, ASKED.plusMillis(asked), ASKED.plusMillis(answered), ended));
  }

  private List<String> violations(long since) {
    return violations(since, (_, _) -> Duration.ZERO);
  }

  private List<String> violations(long since, DeadlinesKept.Still still) {
    return DeadlinesKept.violations(looks, TIER, 3, ASKED.plusMillis(since), still);
  }

  @Test
  void anAnswerMayBeAsOldAsItsQuestion() {
    look(9_000, 0);
    look(10_900, 12_000, 0);
    look(9_900, 10_100, 1);
    assertThat(violations(0)).isEmpty();

    look(11_100, 12_000, 0);
    assertThat(violations(0)).singleElement().asString().startsWith("late");
  }

  @Test
  void nobodyNoticesAnythingWhileTheMachineStandsStill() {
    look(12_500, 0);
    look(12_600, 1);

    try (var still = new Standstills(() -> ASKED, () -> 0)) {
      still.note(ASKED.plusMillis(9_000), ASKED.plusMillis(11_400));
      assertThat(violations(0, still::between)).as("1.1 s besides").hasSize(1);
      still.note(ASKED.plusMillis(12_000), ASKED.plusMillis(12_150));
      still.note(ASKED.plusMillis(12_200), ASKED.plusMillis(12_210));
      assertThat(violations(0, still::between)).isEmpty();
      still.note(ASKED.plusMillis(13_000), ASKED.plusMillis(19_000));
      look(12_700, 0);
      assertThat(violations(0, still::between)).as("what comes later excuses nothing").hasSize(1);
    }
  }

  /** Half of the machine for a second is the whole of it for half a second. */
  @Test
  void nobodyRunsOnProcessorsThatWereTakenAway() {
    look(11_300, 0);
    look(11_400, 1);

    try (var still = new Standstills(() -> ASKED, () -> 0)) {
      still.noteTaken(ASKED.plusMillis(9_000), ASKED.plusMillis(10_400), Duration.ofMillis(700));
      assertThat(violations(0, still::between)).as("200 ms of it since then").hasSize(1);
      still.note(ASKED.plusMillis(10_000), ASKED.plusMillis(10_200));
      assertThat(violations(0, still::between)).as("these were noticed twice").hasSize(1);
      still.noteTaken(ASKED.plusMillis(10_400), ASKED.plusMillis(10_600), Duration.ofMillis(100));
      assertThat(violations(0, still::between)).isEmpty();
    }
  }

  @Test
  void whatIsNoticedWithinASecondIsAccepted() {
    look(9_990, 0);
    look(10_900, 0);
    look(10_999, 1);
    look(20_500, 2);
    look(90_000, 3);

    assertThat(violations(0)).isEmpty();
  }

  @Test
  void whatIsNoticedLaterIsRejected() {
    look(10_900, 0);
    look(11_001, 0);
    look(11_100, 1);

    assertThat(violations(0)).singleElement().asString().startsWith("late");
  }

  @Test
  void whatIsNoticedEarlyIsRejected() {
    look(5_000, 0);
    look(9_999, 1);

    assertThat(violations(0)).singleElement().asString().startsWith("early");
  }

  @Test
  void whatWasDueBeforeHasUntilASecondAfterTheBeginning() {
    look(25_000, 0);
    look(25_999, 0);
    look(26_001, 2);

    assertThat(violations(25_000)).isEmpty();
    assertThat(violations(24_500)).isNotEmpty();
  }

  @Test
  void whereNoDeadlineComesNothingIsProven() {
    look(15_000, 1);
    look(16_000, 1);

    assertThat(violations(0)).isNotEmpty();
  }
}
