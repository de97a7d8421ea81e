package io.redoubt.persistence.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.persistence.postgres.DatabaseUnavailableException;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatchWriterTest {
  private TemporaryDatabase temporary;
  private Database database;

  @BeforeEach
  void start() {
    temporary = TemporaryDatabase.create();
    database = Database.open(temporary.config(DatabaseRole.ENCLAVE, 1), new SimpleMeterRegistry());
  }

  @AfterEach
  void stop() {
    database.close();
    temporary.close();
  }

  @Test
  void whatComesWhileABatchIsUnderWayLeavesTogether() {
    var sql = new Echo();
    sql.gate = new CountDownLatch(1);
    try (var writer = writer(sql, 1_000, 1)) {
      var first = writer.submit(0, 1, true);
      sql.awaitBatches(1);
      var others = submit(writer, 1, 50);
      sql.gate.countDown();

      assertThat(first).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(0);
      assertThat(CompletableFuture.allOf(others.toArray(CompletableFuture[]::new)))
          .succeedsWithin(Duration.ofSeconds(10));
      assertThat(sql.batches).extracting(List::size).containsExactly(1, 50);
    }
  }

  @Test
  void afterACrowdWhatComesGathersThoughNothingIsUnderWay() {
    var sql = new Echo();
    sql.gate = new CountDownLatch(1);
    try (var writer = writer(sql, 1_000, 1)) {
      var first = writer.submit(0, 1, true);
      sql.awaitBatches(1);
      var crowd = submit(writer, 1, 50);
      sql.gate.countDown();
      assertThat(first).succeedsWithin(Duration.ofSeconds(10));
      assertThat(CompletableFuture.allOf(crowd.toArray(CompletableFuture[]::new)))
          .succeedsWithin(Duration.ofSeconds(10));

      var later = submit(writer, 51, 3);

      assertThat(CompletableFuture.allOf(later.toArray(CompletableFuture[]::new)))
          .succeedsWithin(Duration.ofSeconds(10));
      assertThat(sql.batches).extracting(List::size).containsExactly(1, 50, 3);
    }
  }

  @Test
  void aWrongItemFailsAloneAndInOrder() {
    var sql = new Echo();
    sql.gate = new CountDownLatch(1);
    try (var writer = writer(sql, 1_000, 1)) {
      var first = writer.submit(0, 1, true);
      sql.awaitBatches(1);
      var others = submit(writer, -3, 12); // -3, -2, -1 are wrong
      sql.gate.countDown();

      assertThat(first).succeedsWithin(Duration.ofSeconds(10));
      for (int i = 0; i < 12; i++) {
        if (i < 3) {
          assertThat(others.get(i))
              .failsWithin(Duration.ofSeconds(10))
              .withThrowableThat()
              .withCauseInstanceOf(IllegalArgumentException.class);
        } else {
          assertThat(others.get(i)).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(i - 3);
        }
      }
    }
  }

  @Test
  void aFullQueueRefusesAtOnce() {
    var sql = new Echo();
    sql.gate = new CountDownLatch(1);
    try (var writer = writer(sql, 5, 1)) {
      var _ = writer.submit(0, 1, true);
      sql.awaitBatches(1);
      submit(writer, 1, 5);

      var refused = writer.submit(6, 1, true);

      assertThatThrownBy(refused::join)
          .hasCauseInstanceOf(DatabaseUnavailableException.class)
          .hasMessageContaining("too much waits");
      sql.gate.countDown();
    }
  }

  @Test
  void aSilentServerFailsEverybodyWhoWaitsInTime() {
    var sql = new Echo();
    sql.sleepSeconds = 30;
    try (var writer = writer(sql, 100, 1)) {
      var first = writer.submit(0, 1, true);
      sql.awaitBatches(1);
      var second = writer.submit(1, 1, true);

      for (var waiting : List.of(first, second)) {
        assertThat(waiting)
            .failsWithin(Duration.ofSeconds(5))
            .withThrowableThat()
            .withCauseInstanceOf(DatabaseUnavailableException.class);
      }
    }
  }

  @Test
  void whoCouldNotWriteSaysSoUntilItCanAgain() {
    var sql = new Echo();
    try (var writer = writer(sql, 100, 1)) {
      assertThat(writer.failedWithin(Duration.ofMinutes(1))).isFalse();
      sql.sleepSeconds = 30;
      assertThat(writer.submit(0, 1, true)).failsWithin(Duration.ofSeconds(5));
      assertThat(writer.failedWithin(Duration.ofMinutes(1))).isTrue();
      assertThat(writer.failedWithin(Duration.ZERO)).as("longer ago").isFalse();

      sql.sleepSeconds = 0;

      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(
              () -> assertThat(writer.submit(1, 1, true)).succeedsWithin(Duration.ofSeconds(5)));
      assertThat(writer.failedWithin(Duration.ofMinutes(1))).isFalse();
    }
  }

  @Test
  void anItemThatNobodyWaitsForStillLeavesByItself() {
    var sql = new Echo();
    try (var writer = writer(sql, 100, 1)) {
      assertThat(writer.submit(1, 1, false)).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(1);
    }
  }

  @Test
  void theWriterItselfAnswersWhoeverIsAloneButNoneWhileOthersWaitForIt() {
    var sql = new Echo();
    sql.gate = new CountDownLatch(1);
    try (var writer = writer(sql, 1_000, 1)) {
      var first = answerer(writer.submit(0, 1, true));
      sql.awaitBatches(1);
      var crowd = answerer(writer.submit(1, 1, true));
      submit(writer, 2, 20);
      sql.gate.countDown();

      assertThat(first).succeedsWithin(Duration.ofSeconds(10)).matches(Thread::isVirtual);
      assertThat(crowd).succeedsWithin(Duration.ofSeconds(10)).matches(Thread::isVirtual);

      sql.gate = new CountDownLatch(1);
      var alone = answerer(writer.submit(30, 1, true));
      sql.gate.countDown();

      assertThat(alone)
          .succeedsWithin(Duration.ofSeconds(10))
          .extracting(Thread::getName)
          .isEqualTo("test-writer-1");
    }
  }

  @Test
  void aHeavyItemLeavesAlone() {
    var sql = new Echo();
    sql.gate = new CountDownLatch(1);
    try (var writer = writer(sql, 10_000, 1)) {
      var _ = writer.submit(0, 1, true);
      sql.awaitBatches(1);
      var heavy = writer.submit(1, 5_000, true);
      var light = writer.submit(2, 1, true);
      sql.gate.countDown();

      assertThat(heavy).succeedsWithin(Duration.ofSeconds(10));
      assertThat(light).succeedsWithin(Duration.ofSeconds(10));
      assertThat(sql.batches).containsExactly(List.of(0), List.of(1), List.of(2));
    }
  }

  @Test
  void closingWritesWhatWaitsAndRefusesTheRest() {
    var sql = new Echo();
    var writer = writer(sql, 100, 2);
    var waiting = submit(writer, 1, 20);

    writer.close();

    // It is written by then; those who wait are told on a thread of their own.
    assertThat(waiting).allSatisfy(each -> assertThat(each).succeedsWithin(Duration.ofSeconds(5)));
    assertThat(sql.batches.stream().mapToInt(List::size).sum()).isEqualTo(20);
    assertThat(writer.submit(1, 1, true)).isCompletedExceptionally();
  }

  private static List<CompletableFuture<Integer>> submit(
      BatchWriter<Integer, Integer> writer, int from, int count) {
    return new ArrayList<>(
        IntStream.range(from, from + count).mapToObj(i -> writer.submit(i, 1, true)).toList());
  }

  /** The thread that completes it, which runs what was attached before. */
  private static CompletableFuture<Thread> answerer(CompletableFuture<Integer> result) {
    return result.thenApply(_ -> Thread.currentThread());
  }

  private BatchWriter<Integer, Integer> writer(Echo sql, long queue, int writers) {
    return new BatchWriter<>(
        "test",
        writers,
        new BatchLimits(queue, 100, 1_000, Duration.ofMillis(50), Duration.ofMillis(20)),
        Duration.ofSeconds(1),
        database::dedicated,
        sql,
        new SimpleMeterRegistry());
  }

  /** Answers each number with itself; negative ones are wrong. */
  private static final class Echo implements BatchSql<Integer, Integer> {
    final List<List<Integer>> batches = new CopyOnWriteArrayList<>();
    volatile @Nullable CountDownLatch gate;
    volatile int sleepSeconds;

    @Override
    public String text() {
      return "SELECT n FROM unnest(?::integer[]) AS n, pg_sleep(?) WHERE sqrt(n) >= 0";
    }

    @Override
    public boolean mayBeRepeated() {
      return true;
    }

    @Override
    public List<Integer> write(PreparedStatement statement, List<Integer> items, boolean repeated)
        throws SQLException {
      batches.add(List.copyOf(items));
      var closed = gate;
      if (closed != null) {
        try {
          boolean _ = closed.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      statement.setObject(1, items.stream().mapToInt(Integer::intValue).toArray());
      statement.setInt(2, sleepSeconds);
      var answers = new ArrayList<Integer>();
      try (var rows = statement.executeQuery()) {
        while (rows.next()) {
          answers.add(rows.getInt(1));
        }
      }
      return answers;
    }

    void awaitBatches(int count) {
      org.awaitility.Awaitility.await().until(() -> batches.size() >= count);
    }
  }
}
