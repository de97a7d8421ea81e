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
    looks.add(new Look("apr", ASKED, ASKED.plusMillis(millis), ended));
  }

  private List<String> violations(long since) {
    return DeadlinesKept.violations(looks, TIER, 3, ASKED.plusMillis(since));
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
