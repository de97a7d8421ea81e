package io.redoubt.persistence.batch;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.redoubt.persistence.batch.BatchQueue.Waiting;
import io.redoubt.persistence.postgres.DatabaseUnavailableException;
import io.redoubt.persistence.postgres.Failures;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes items in batches, each one statement, one round trip and one transaction on a connection
 * of its own. A batch whose connection broke is tried once more, so its statement must bear that; a
 * batch with a wrong item is split until the item is alone. Where the database is away everything
 * that waits fails at once, and for a moment whatever comes.
 */
public final class BatchWriter<I, O> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BatchWriter.class);
  private static final Duration PAUSE = Duration.ofMillis(200);
  private static final int FEW = 2;

  private final String name;
  private final BatchQueue<I, O> queue;
  private final ConnectionSource source;
  private final BatchSql<I, O> sql;
  private final int timeoutSeconds;
  private final DistributionSummary sizes;
  private final Timer times;
  private final List<Thread> threads = new ArrayList<>();
  private volatile long awayUntil = System.nanoTime();
  private volatile boolean failing;
  private volatile long failedAt;

  /**
   * Starts the writers; they connect when there is something to write.
   *
   * @param name names metrics, threads and connections
   * @param writers transactions that may be under way at once
   * @param timeout after which a silent server counts as gone
   */
  public BatchWriter(
      String name,
      int writers,
      BatchLimits limits,
      Duration timeout,
      ConnectionSource source,
      BatchSql<I, O> sql,
      MeterRegistry metrics) {
    this.name = name;
    this.queue = new BatchQueue<>(limits);
    this.source = source;
    this.sql = sql;
    this.timeoutSeconds = Math.toIntExact(Math.max(1, timeout.toSeconds()));
    this.sizes =
        DistributionSummary.builder("redoubt." + name + ".batch")
            .description("items written in one transaction")
            .register(metrics);
    this.times =
        Timer.builder("redoubt." + name + ".write")
            .description("time of one transaction")
            .register(metrics);
    Gauge.builder("redoubt." + name + ".queue", queue, BatchQueue::size)
        .description("items that wait to be written")
        .register(metrics);
    for (int i = 1; i <= writers; i++) {
      threads.add(
          Thread.ofPlatform().name(name + "-writer-" + i).daemon().start(() -> writeUntilClosed()));
    }
  }

  /**
   * Adds an item. What is attached to the result may run on the writer's own thread, so it must not
   * block.
   *
   * @param urgent whether somebody waits for it
   * @return completes when it is durable; fails with {@link DatabaseUnavailableException} where the
   *     queue is full or the database away, which leaves open whether it was written
   */
  public CompletableFuture<O> submit(I item, long weight, boolean urgent) {
    long now = System.nanoTime();
    if (now - awayUntil < 0) {
      return CompletableFuture.failedFuture(away(null));
    }
    var result = new CompletableFuture<O>();
    if (!queue.offer(new Waiting<>(item, weight, urgent, now, result))) {
      return CompletableFuture.failedFuture(
          new DatabaseUnavailableException("too much waits to be written to the " + name));
    }
    return result;
  }

  private void writeUntilClosed() {
    try (var line = new BatchConnection<>(source, sql, "redoubt-" + name, timeoutSeconds)) {
      while (true) {
        List<Waiting<I, O>> batch = queue.take();
        if (batch.isEmpty()) {
          return;
        }
        try {
          write(line, batch, false);
        } catch (Throwable t) {
          // A writer outlives whatever goes wrong; those who wait for it must hear of it.
          fail(batch, t);
        } finally {
          queue.done();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(BatchConnection<I, O> line, List<Waiting<I, O>> batch, boolean repeated) {
    long started = System.nanoTime();
    try {
      List<O> answers = line.write(batch.stream().map(Waiting::item).toList(), repeated);
      sizes.record(batch.size());
      times.record(System.nanoTime() - started, TimeUnit.NANOSECONDS);
      if (failing) {
        failing = false;
        LOG.info("The {} can be written again", name);
      }
      answer(batch, answers);
    } catch (SQLException | RuntimeException e) {
      if (!Failures.isUnavailable(e)) {
        split(line, batch, repeated, e);
      } else if (!repeated && sql.mayBeRepeated() && line.mayTryAgain(started)) {
        write(line, batch, true);
      } else {
        failed(e);
        fail(batch, away(e));
        fail(queue.clear(), away(e));
      }
    }
  }

  private void failed(Exception cause) {
    long now = System.nanoTime();
    awayUntil = now + PAUSE.toNanos();
    failedAt = now;
    if (!failing) {
      failing = true;
      LOG.error("The {} cannot be written: {}", name, cause.getMessage());
    }
  }

  /**
   * Whether the last attempt to write failed, not longer ago than that. A server that answers may
   * have a full disk.
   */
  public boolean failedWithin(Duration span) {
    return failing && System.nanoTime() - failedAt < span.toNanos();
  }

  /** One of them is wrong: the others must not suffer for it. */
  private void split(
      BatchConnection<I, O> line, List<Waiting<I, O>> batch, boolean repeated, Exception cause) {
    if (batch.size() == 1) {
      fail(batch, new IllegalArgumentException("cannot be written to the " + name, cause));
      return;
    }
    int middle = batch.size() / 2;
    write(line, batch.subList(0, middle), repeated);
    write(line, batch.subList(middle, batch.size()), repeated);
  }

  private DatabaseUnavailableException away(@Nullable Exception cause) {
    String message = "the database is away: the " + name + " cannot be written";
    return cause == null
        ? new DatabaseUnavailableException(message)
        : new DatabaseUnavailableException(message, cause);
  }

  /**
   * Off this thread where others wait for it, since whoever is answered may do long things before
   * it lets go. Where nobody does, waking another thread is what takes long.
   */
  private void answer(List<Waiting<I, O>> batch, List<O> answers) {
    if (batch.size() <= FEW && queue.size() == 0) {
      complete(batch, answers);
    } else {
      Thread.startVirtualThread(() -> complete(batch, answers));
    }
  }

  private static <I, O> void complete(List<Waiting<I, O>> batch, List<O> answers) {
    for (int i = 0; i < batch.size(); i++) {
      batch.get(i).result().complete(answers.get(i));
    }
  }

  private void fail(List<Waiting<I, O>> batch, Throwable cause) {
    Thread.startVirtualThread(
        () -> batch.forEach(waiting -> waiting.result().completeExceptionally(cause)));
  }

  /** Writes what waits, then ends. */
  @Override
  public void close() {
    queue.close();
    try {
      for (var thread : threads) {
        thread.join(Duration.ofSeconds(2L * timeoutSeconds));
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    fail(queue.clear(), new DatabaseUnavailableException("the " + name + " is closed"));
  }
}
