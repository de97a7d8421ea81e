package io.redoubt.multinode.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.multinode.product.Seed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.parallel.Isolated;

/** Mishap after mishap, in an order that the seed decides, for as long as {@code soak} was told. */
@EnabledIfSystemProperty(named = "redoubt.soak.minutes", matches = "[1-9]\\d*")
@Isolated
final class SoakIT {
  private final Deque<Mishap> coming = new ArrayDeque<>();

  @Test
  void whateverBreaksTheGuaranteesHold() throws IOException {
    var planned = Duration.ofMinutes(Long.getLong("redoubt.soak.minutes", 1));
    var order = Seed.random("soak");
    int rounds = 0;
    var clock = Clock.systemUTC();
    var report =
        new SoakReport(
            Path.of(System.getProperty("redoubt.soak.report", "target/soak.md")), planned, clock);
    long until = System.nanoTime() + planned.toNanos();
    try (var trio = Trio.start("soak")) {
      var round = new Round(trio);
      while (System.nanoTime() < until) {
        until += awaitTurn();
        Mishap mishap = next(order);
        try {
          report.add(round.run(mishap, "soak, round " + ++rounds));
        } catch (RuntimeException | AssertionError e) {
          report.add(mishap, e);
          throw e;
        } finally {
          trio.network().heal();
        }
      }
    } finally {
      report.finish();
    }
    assertThat(report.violations()).isEmpty();
    assertThat(report.slow()).as("served within 20 s, of a hundred").isEmpty();
  }

  /**
   * While somebody else needs the machine, no round begins; that time does not count. Beside the
   * file that says so there is then another one, to say that nothing is under way.
   *
   * @return how long that was, in nanoseconds
   */
  private static long awaitTurn() throws IOException {
    String file = System.getProperty("redoubt.soak.hold", "");
    if (file.isEmpty() || !Files.exists(Path.of(file))) {
      return 0;
    }
    long since = System.nanoTime();
    Path idle = Files.createFile(Path.of(file + ".idle"));
    await().forever().until(() -> Files.notExists(Path.of(file)));
    Files.delete(idle);
    return System.nanoTime() - since;
  }

  /** Each of them comes before one comes again. */
  private Mishap next(RandomGenerator random) {
    if (coming.isEmpty()) {
      var all = new ArrayList<>(List.of(Mishap.values()));
      String only = System.getProperty("redoubt.soak.only", "");
      all.removeIf(mishap -> !only.isEmpty() && !mishap.name().equals(only));
      Collections.shuffle(all, Random.from(random));
      coming.addAll(all);
    }
    return coming.removeFirst();
  }
}
