package io.redoubt.enclave.revocation;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.revocation.Revocation;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Redis as a second way for revocations between nodes, and the one for verifiers outside the
 * enclave. Nothing depends on it: where it is away, the broadcast and the table are what they were.
 */
public final class RedisPath implements AutoCloseable {

  /** How it is with Redis. */
  enum State {
    FRESH,
    /** It answers, and what it knows may not be everything. */
    STALE,
    /** It does not answer. */
    DOWN;

    String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final RedisLine line;
  private final RedisMirror mirror;
  private final RedisFeed feed;
  private final Duration readEvery;

  /**
   * A path; it connects when it is first used.
   *
   * @param node who writes the heartbeat
   * @param apply refuses from now on what Redis says is revoked
   */
  public RedisPath(
      RedisConfig config,
      URI url,
      EnclaveId enclave,
      String node,
      InstantSource clock,
      Consumer<Revocation> apply,
      MeterRegistry metrics) {
    Counter failures = metrics.counter("redoubt.revocation.redis.failures");
    Counter heard = metrics.counter("redoubt.revocation.redis.heard");
    var keys = RedisKeys.of(enclave);
    this.line = new RedisLine(config, url);
    this.mirror = new RedisMirror(line, keys, config, node, failures::increment);
    this.feed =
        new RedisFeed(
            line,
            keys,
            config,
            clock,
            revocation -> {
              heard.increment();
              apply.accept(revocation);
            },
            failures::increment);
    this.readEvery = config.readEvery();
    for (State state : State.values()) {
      metrics.gauge(
          "redoubt.revocation.redis.state",
          List.of(io.micrometer.core.instrument.Tag.of("state", state.wire())),
          this,
          path -> path.state() == state ? 1 : 0);
    }
  }

  public Duration readEvery() {
    return readEvery;
  }

  /** Says what was revoked here. Returns at once. */
  public void tell(Revocation revocation) {
    mirror.tell(revocation);
  }

  /** Says what stands in the table. Returns at once. */
  public void tellAll(List<Revocation> standing, Instant asOf) {
    mirror.tellAll(standing, asOf);
  }

  /** Looks for what others said. Returns at once. */
  public void read() {
    feed.read();
  }

  State state() {
    if (!line.isUp()) {
      return State.DOWN;
    }
    return feed.isFresh() ? State.FRESH : State.STALE;
  }

  /** For the detail of {@code /ready}: a node without Redis is ready, and degraded. */
  public Map<String, Object> detail() {
    State state = state();
    return Map.of("state", state.wire(), "degraded", state != State.FRESH);
  }

  @Override
  public void close() {
    line.close();
  }
}
