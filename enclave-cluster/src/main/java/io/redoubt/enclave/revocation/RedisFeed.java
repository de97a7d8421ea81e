package io.redoubt.enclave.revocation;

import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.redoubt.revocation.Revocation;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads from Redis what is revoked, as an outside verifier would: after each connection the place
 * in the stream, then the snapshot, then the stream from that place on. The view is fresh while the
 * heartbeat changes; who knows that it is stale must look elsewhere, or refuse (G5).
 */
final class RedisFeed {
  private static final String BEGINNING = "0-0";
  private static final int BATCH = 1_000;

  private final RedisLine line;
  private final RedisKeys keys;
  private final RedisConfig config;
  private final InstantSource clock;
  private final Consumer<Revocation> apply;
  private final Runnable failed;

  private final AtomicBoolean busy = new AtomicBoolean();
  private long readOn = -1;
  private @Nullable String place;
  private @Nullable String lastBeat;
  private volatile long freshAt;
  private volatile boolean everFresh;

  RedisFeed(
      RedisLine line,
      RedisKeys keys,
      RedisConfig config,
      InstantSource clock,
      Consumer<Revocation> apply,
      Runnable failed) {
    this.line = line;
    this.keys = keys;
    this.config = config;
    this.clock = clock;
    this.apply = apply;
    this.failed = failed;
  }

  /** Reads what is new, unless it is reading. */
  void read() {
    var redis = line.commands();
    if (redis.isEmpty() || !busy.compareAndSet(false, true)) {
      return;
    }
    // Whoever is busy is alone with the fields; the exchange of the flag makes them visible.
    long number = line.connectionNumber();
    if (readOn != number) {
      readOn = number;
      place = null;
      lastBeat = null;
    }
    var _ =
        CompletableFuture.<Void>completedFuture(null)
            .thenCompose(_ -> news(redis.get()))
            .thenCompose(_ -> redis.get().get(keys.heartbeat()))
            .whenComplete((beat, failure) -> {
              if (failure == null) {
                heard(beat);
              } else {
                failed.run();
              }
              busy.set(false);
            });
  }

  private CompletionStage<Void> news(RedisAsyncCommands<String, String> redis) {
    String from = place;
    return from == null ? snapshot(redis) : stream(redis, from);
  }

  private CompletionStage<Void> snapshot(RedisAsyncCommands<String, String> redis) {
    return redis
        .xrevrange(keys.stream(), Range.unbounded(), Limit.from(1))
        .thenCompose(last -> {
          String end = last.isEmpty() ? BEGINNING : last.getFirst().getId();
          return scan(redis, ScanCursor.INITIAL).thenRun(() -> place = end);
        });
  }

  private CompletionStage<Void> scan(RedisAsyncCommands<String, String> redis, ScanCursor from) {
    return redis
        .zscan(keys.standing(), from, ScanArgs.Builder.limit(BATCH))
        .thenCompose(page -> {
          page.getValues()
              .forEach(it -> apply(new RedisEntry(it.getValue(), (long) it.getScore())));
          return page.isFinished()
              ? CompletableFuture.<Void>completedFuture(null)
              : scan(redis, page);
        });
  }

  @SuppressWarnings("unchecked") // of Lettuce's one-element array
  private CompletionStage<Void> stream(RedisAsyncCommands<String, String> redis, String from) {
    return redis
        .xread(XReadArgs.Builder.count(BATCH), XReadArgs.StreamOffset.from(keys.stream(), from))
        .thenCompose(batch -> {
          for (StreamMessage<String, String> message : batch) {
            RedisEntry.ofFields(message.getBody()).ifPresent(this::apply);
            place = message.getId();
          }
          return batch.size() < BATCH
              ? CompletableFuture.<Void>completedFuture(null)
              : unlessCutShort(redis, from);
        });
  }

  /** Who is far behind may find that the stream no longer begins where he stopped. */
  private CompletionStage<Void> unlessCutShort(
      RedisAsyncCommands<String, String> redis, String from) {
    return redis
        .xrange(keys.stream(), Range.create("-", from), Limit.from(1))
        .thenCompose(before -> before.isEmpty() ? snapshot(redis) : again(redis));
  }

  private CompletionStage<Void> again(RedisAsyncCommands<String, String> redis) {
    String from = place;
    return from == null ? snapshot(redis) : stream(redis, from);
  }

  private void apply(RedisEntry entry) {
    Instant now = clock.instant();
    entry.revocation(now).ifPresent(apply);
  }

  /**
   * The first one on a connection says nothing: it may be of a time before Redis lost something.
   */
  private void heard(@Nullable String beat) {
    if (beat == null) {
      return;
    }
    if (lastBeat != null && !lastBeat.equals(beat)) {
      freshAt = System.nanoTime();
      everFresh = true;
    }
    lastBeat = beat;
  }

  /** Whether what Redis knows is known here, and Redis knows everything. */
  boolean isFresh() {
    return everFresh && System.nanoTime() - freshAt < config.staleAfter().toNanos();
  }
}
