package io.redoubt.enclave.agentapi;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TurnsTest {
  private static final int PLACES = 128;
  private static final Duration LONGEST = Duration.ofSeconds(20);

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1000);
  private final Turns turns = new Turns(PLACES, LONGEST, now::get, new Random(1));

  @Test
  void whoIsAloneIsToldOneSecond() {
    assertThat(turns.seconds()).isEqualTo(1);
    pass(Duration.ofMinutes(10));
    assertThat(turns.seconds()).isEqualTo(1);
  }

  @Test
  void aCrowdIsToldToComeBackAtTheRateAtWhichPlacesBecomeFree() {
    placesAreHeldFor(Duration.ofSeconds(4)); // 32 a second

    List<Integer> told = told(320);

    assertThat(told).isSorted();
    assertThat(told.getLast()).isEqualTo(10);
    for (int second = 1; second <= 10; second++) {
      int which = second;
      assertThat(told.stream().filter(it -> it == which)).as("second %d", second).hasSize(32);
    }
  }

  @Test
  void theLineGetsShorterWhileNobodyJoinsIt() {
    placesAreHeldFor(Duration.ofSeconds(4));
    told(320);

    pass(Duration.ofSeconds(7));

    assertThat(turns.seconds()).isEqualTo(4);
  }

  @Test
  void nobodyIsToldMoreThanTheLimitAndThoseBeyondItComeApart() {
    placesAreHeldFor(Duration.ofSeconds(4));
    told(640);

    List<Integer> beyond = told(10_000);

    assertThat(beyond).allSatisfy(it -> assertThat(it).isBetween(11, 20));
    for (int second = 11; second <= 20; second++) {
      int which = second;
      assertThat(beyond.stream().filter(it -> it == which))
          .as("second %d", second)
          .hasSizeBetween(900, 1100);
    }
  }

  @Test
  void aStormIsServedWithoutAnybodyAskingOftenOrAPlaceStandingFree() {
    int agents = 3_400;
    var service = Duration.ofSeconds(4).toNanos();
    record Arrival(long at, int attempt) {}
    var arrivals = new PriorityQueue<Arrival>((a, b) -> Long.signum(a.at - b.at));
    var ends = new PriorityQueue<Long>((a, b) -> Long.signum(a - b));
    long start = now.get();
    IntStream.range(0, agents).forEach(i -> arrivals.add(new Arrival(start + i * 1_000L, 1)));
    int most = 0;
    while (!arrivals.isEmpty()) {
      Arrival next = arrivals.remove();
      now.set(next.at);
      while (!ends.isEmpty() && ends.peek() - next.at <= 0) {
        ends.remove();
        turns.held(service);
      }
      most = Math.max(most, next.attempt);
      if (ends.size() < PLACES) {
        ends.add(next.at + service);
      } else {
        long pause = TimeUnit.SECONDS.toNanos(turns.seconds());
        arrivals.add(new Arrival(next.at + pause, next.attempt + 1));
      }
    }

    double seconds = (now.get() + service - start) / 1e9;
    assertThat(most).as("attempts").isLessThanOrEqualTo(15);
    assertThat(seconds).as("at 32 a second, 106 at best").isLessThan(130);
  }

  private void placesAreHeldFor(Duration duration) {
    IntStream.range(0, 2_000).forEach(_ -> turns.held(duration.toNanos()));
  }

  private List<Integer> told(int people) {
    var told = new ArrayList<Integer>();
    IntStream.range(0, people).forEach(_ -> told.add(turns.seconds()));
    return told;
  }

  private void pass(Duration duration) {
    now.addAndGet(duration.toNanos());
  }
}
