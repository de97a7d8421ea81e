package io.redoubt.enclave.revocation;

import io.lettuce.core.Range;
import io.lettuce.core.SetArgs;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.ZAddArgs;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.redoubt.revocation.Revocation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes to Redis what is revoked. Each node writes its own revocations at once, and everything
 * that stands in the table as long as Redis has not heard it from this node on this connection; so
 * a Redis that lost everything has all of it again after one heartbeat.
 */
final class RedisMirror {
  private static final Duration KEPT_BEYOND = Duration.ofMinutes(1);

  /**
   * Entries under way together. Each has the time of one command, and would spend it in waiting for
   * thousands before it where a whole table has to be told again.
   */
  private static final int AT_ONCE = 256;

  private final RedisLine line;
  private final RedisKeys keys;
  private final RedisConfig config;
  private final String node;
  private final Runnable failed;

  /** What Redis has heard from here on the connection that stands. */
  private final Map<RedisEntry, Boolean> told = new ConcurrentHashMap<>();

  private final AtomicLong toldOn = new AtomicLong(-1);
  private final AtomicLong beats = new AtomicLong();
  private final AtomicBoolean busy = new AtomicBoolean();
  private volatile long beatAt;

  RedisMirror(RedisLine line, RedisKeys keys, RedisConfig config, String node, Runnable failed) {
    this.line = line;
    this.keys = keys;
    this.config = config;
    this.node = node;
    this.failed = failed;
    this.beatAt = System.nanoTime() - config.heartbeatEvery().toNanos();
  }

  /** Says it at once, if Redis is there. If not, the next look at the table brings it. */
  void tell(Revocation revocation) {
    line.commands()
        .ifPresent(redis -> {
          RedisEntry entry = RedisEntry.of(revocation);
          var _ = note(write(redis, entry), entry);
        });
  }

  /**
   * Says what Redis has not heard, and then that its snapshot is whole.
   *
   * @param standing everything in the table at that moment
   */
  void tellAll(List<Revocation> standing, Instant asOf) {
    var redis = line.commands();
    boolean due = System.nanoTime() - beatAt >= config.heartbeatEvery().toNanos();
    if (redis.isEmpty() || !due || !busy.compareAndSet(false, true)) {
      return;
    }
    beatAt = System.nanoTime();
    // What a command throws at once must end this like what it fails with: nobody else ends it.
    var _ =
        CompletableFuture.<Void>completedFuture(null)
            .thenCompose(_ -> everything(redis.get(), standing, asOf))
            .whenComplete((_, failure) -> {
              busy.set(false);
              if (failure != null) {
                failed.run();
              }
            });
  }

  private CompletionStage<?> everything(
      RedisAsyncCommands<String, String> redis, List<Revocation> standing, Instant asOf) {
    long number = line.connectionNumber();
    if (toldOn.getAndSet(number) != number) {
      told.clear();
    }
    told.keySet().removeIf(entry -> entry.until() < asOf.toEpochMilli());
    return missing(redis, standing)
        .thenCompose(_ -> forget(redis, asOf))
        .thenCompose(_ -> beat(redis, asOf));
  }

  private CompletionStage<Void> missing(
      RedisAsyncCommands<String, String> redis, List<Revocation> standing) {
    var missing =
        standing.stream().map(RedisEntry::of).filter(entry -> !told.containsKey(entry)).toList();
    CompletionStage<Void> written = CompletableFuture.completedFuture(null);
    for (int from = 0; from < missing.size(); from += AT_ONCE) {
      var some = missing.subList(from, Math.min(from + AT_ONCE, missing.size()));
      written = written.thenCompose(_ -> all(redis, some));
    }
    return written;
  }

  private CompletionStage<Void> all(
      RedisAsyncCommands<String, String> redis, List<RedisEntry> entries) {
    return CompletableFuture.allOf(
        entries.stream()
            .map(entry -> note(write(redis, entry), entry).toCompletableFuture())
            .toArray(CompletableFuture[]::new));
  }

  /** The snapshot before the stream: who has read the stream so far finds it in the snapshot. */
  private CompletionStage<?> write(RedisAsyncCommands<String, String> redis, RedisEntry entry) {
    var kept =
        redis.zadd(keys.standing(), ZAddArgs.Builder.gt(), (double) entry.until(), entry.revoked());
    var said =
        redis.xadd(
            keys.stream(),
            XAddArgs.Builder.maxlen(config.streamLength()).approximateTrimming(),
            entry.fields());
    return kept.thenCombine(said, (_, _) -> entry);
  }

  private <T> CompletionStage<T> note(CompletionStage<T> write, RedisEntry entry) {
    return write.whenComplete((_, failure) -> {
      if (failure == null) {
        told.put(entry, true);
      } else {
        failed.run();
      }
    });
  }

  /** What is past goes; a little later, since verifiers' clocks differ. */
  private CompletionStage<Long> forget(RedisAsyncCommands<String, String> redis, Instant asOf) {
    return redis.zremrangebyscore(
        keys.standing(), Range.create(0, asOf.minus(KEPT_BEYOND).toEpochMilli()));
  }

  private CompletionStage<String> beat(RedisAsyncCommands<String, String> redis, Instant asOf) {
    String text = node + " " + beats.incrementAndGet() + " " + asOf.toEpochMilli();
    return redis.set(keys.heartbeat(), text, SetArgs.Builder.px(config.staleAfter()));
  }
}
