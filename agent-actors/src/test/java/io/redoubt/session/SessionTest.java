package io.redoubt.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.action.Act;
import io.redoubt.protocol.audit.Verdict;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SessionTest {
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

  private final Session session = new Session();

  private static Act act(int number) {
    return new Act(NOW.plusSeconds(number), "tool:call", "t" + number % 3, Verdict.PERMIT, number);
  }

  private static List<Act> acts(int from, int until) {
    return IntStream.range(from, until).mapToObj(SessionTest::act).toList();
  }

  @Test
  void theLastHundredAreRemembered() {
    acts(0, 130).forEach(session::add);

    assertThat(session.facts().acts()).isEqualTo(acts(30, 130));
  }

  @Test
  void whatWasBeforeComesBeforeWhatIsKnownAlready() {
    acts(95, 100).forEach(session::add);

    session.recall(acts(0, 95));

    assertThat(session.facts().acts()).isEqualTo(acts(0, 100));
  }

  @Test
  void ofWhatWasBeforeTheNewestCount() {
    acts(60, 100).forEach(session::add);

    session.recall(acts(-100, 60));

    assertThat(session.facts().acts()).isEqualTo(acts(0, 100));
  }
}
