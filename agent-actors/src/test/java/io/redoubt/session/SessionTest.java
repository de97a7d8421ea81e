package io.redoubt.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.action.Act;
import io.redoubt.protocol.audit.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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

  private static Act refused(int number) {
    return new Act(NOW.plusSeconds(number), "tool:call", "no", Verdict.DENY, number);
  }

  @Test
  void whatIsRefusedMakesNothingForgottenThatWasDone() {
    acts(0, 3).forEach(session::add);
    IntStream.range(3, 400).mapToObj(SessionTest::refused).forEach(session::add);

    assertThat(session.facts().done()).isEqualTo(acts(0, 3));
    assertThat(session.facts().acts()).hasSize(100).doesNotContainAnyElementsOf(acts(0, 3));
    assertThat(session.hasDone(act(0))).isTrue();
    assertThat(session.hasDone(refused(0))).isFalse();
  }

  @Test
  void ofWhatWasDoneTheLastHundredAreRemembered() {
    acts(0, 130).forEach(session::add);

    assertThat(session.facts().done()).isEqualTo(acts(30, 130));
  }

  @Test
  void whatIsReadBackIsWhatWasRemembered() {
    var random = new Random(7);
    for (int run = 0; run < 50; run++) {
      int likely = random.nextInt(1, 10);
      var all =
          IntStream.range(0, random.nextInt(600))
              .mapToObj(n -> random.nextInt(10) < likely ? act(n) : refused(n))
              .toList();
      int recovered = random.nextInt(all.size() + 1);
      var kept = new Session();
      all.forEach(kept::add);

      var read = new Session();
      read.recall(newestOfEach(all.subList(0, recovered)));
      all.subList(recovered, all.size()).forEach(read::add);

      assertThat(read.facts()).isEqualTo(kept.facts());
    }
  }

  /** As the log answers. */
  private static List<Act> newestOfEach(List<Act> all) {
    var permitted = all.stream().filter(act -> act.verdict() == Verdict.PERMIT).toList();
    var refused = all.stream().filter(act -> act.verdict() != Verdict.PERMIT).toList();
    return Stream.of(permitted, refused)
        .flatMap(each -> each.stream().skip(Math.max(0, each.size() - Session.LENGTH)))
        .sorted(Comparator.comparing(Act::at))
        .toList();
  }

  @Test
  void ofWhatWasBeforeTheNewestCount() {
    acts(60, 100).forEach(session::add);

    session.recall(acts(-100, 60));

    assertThat(session.facts().acts()).isEqualTo(acts(0, 100));
  }

  private void did(String tool, int times) {
    for (int i = 0; i < times; i++) {
      session.add(new Act(NOW, "tool:call", tool, Verdict.PERMIT, i));
    }
  }

  @Test
  void anAgentThatDoesWhatItNeverDidHasDrifted() {
    did("read", 20);
    did("write", 9);
    assertThat(session.drift()).as("a few new things").isEmpty();

    did("push", 11);

    assertThat(session.drift())
        .hasValue(new Drift(20, 20, List.of("tool:call write", "tool:call push")));
    assertThat(session.drift().orElseThrow().describe())
        .isEqualTo(
            "20 of its last 20 actions are none that it did before: tool:call write, tool:call push");
  }

  @Test
  void whoHasNoHabitsYetLeavesNone() {
    did("read", 19);
    did("push", 20);

    assertThat(session.drift()).isEmpty();
  }

  @Test
  void whatIsRefusedIsLeftForAllTheSame() {
    did("read", 40);
    for (int i = 0; i < 9; i++) {
      session.add(refused(i));
    }
    assertThat(session.drift()).isEmpty();

    session.add(refused(9));

    assertThat(session.drift()).isPresent();
  }

  @Test
  void itIsOneDriftUntilTheAgentIsBack() {
    did("read", 40);
    for (int i = 0; i < 10; i++) {
      did("new-" + i, 1);
    }
    assertThat(session.drift()).isPresent();

    did("read", 15);
    assertThat(session.drift()).as("five of the last twenty").isPresent();
    did("read", 1);
    assertThat(session.drift()).as("four").isEmpty();
    did("wipe", 5);
    assertThat(session.drift()).as("another begins with ten").isEmpty();
  }

  @Test
  void whatWasDoneBeforeTheLastTwentyIsUsual() {
    did("read", 40);
    did("push", 20);
    assertThat(session.drift()).isPresent();

    did("push", 1);

    assertThat(session.drift()).as("one of them was before the last twenty").isEmpty();
  }

  @Test
  void whoReadsTheSessionBackSeesTheDrift() {
    did("read", 40);
    did("push", 12);

    var read = new Session();
    read.recall(session.facts().acts());

    assertThat(read.drift()).isEqualTo(session.drift());
  }

  /** Drift, and what was done, by looking through everything again. */
  private static final class PlainSearch {
    private final List<Act> acts = new ArrayList<>();
    private final List<Act> done = new ArrayList<>();
    private boolean drifting;

    int add(Act act) {
      acts.add(act);
      if (act.verdict() == Verdict.PERMIT) {
        done.add(act);
      }
      var lately = last(acts, 20);
      long doneLately = lately.stream().filter(each -> each.verdict() == Verdict.PERMIT).count();
      var all = last(done, 100);
      var usual = all.subList(0, all.size() - (int) doneLately);
      var unusual =
          (int) lately.stream().filter(each -> usual.stream().noneMatch(each::isLike)).count();
      drifting = lately.size() == 20 && usual.size() >= 20 && unusual >= (drifting ? 5 : 10);
      return drifting ? unusual : 0;
    }

    boolean hasDone(Act act) {
      return last(done, 100).stream().anyMatch(act::isLike);
    }

    private static List<Act> last(List<Act> list, int most) {
      return list.subList(Math.max(0, list.size() - most), list.size());
    }
  }

  @Test
  void whatItCountsIsWhatAPlainSearchFinds() {
    var random = new Random(20261122);
    var plain = new PlainSearch();
    int drifts = 0;
    for (int i = 0; i < 5_000; i++) {
      // Habits that change, and now and then something new or refused.
      int tool = random.nextInt(10) == 0 ? random.nextInt(1_000) : i / 70 * 3 + random.nextInt(4);
      var verdict = random.nextInt(6) == 0 ? Verdict.DENY : Verdict.PERMIT;
      var act = new Act(NOW.plusSeconds(i), "tool:call", "t" + tool, verdict, i);
      assertThat(session.hasDone(act)).as("%s", act).isEqualTo(plain.hasDone(act));

      session.add(act);
      int unusual = plain.add(act);

      assertThat(session.drift().stream().mapToLong(Drift::unusual).sum())
          .as("%s", act)
          .isEqualTo(unusual);
      drifts += unusual > 0 ? 1 : 0;
    }
    assertThat(drifts).isBetween(500, 4_500);
  }
}
