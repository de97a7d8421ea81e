package io.redoubt.enclave.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.enclave.testing.TestAuthority;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.revocation.Revocation;
import io.redoubt.testing.TestRedis;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Redis carries revocations, says when it may not, and is in nobody's way. */
@Timeout(60)
class RedisPathTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private static final Duration STALE_AFTER = Duration.ofMillis(800);

  private final EnclaveId enclave = EnclaveId.next(CLOCK);
  private final OrganizationId organization = OrganizationId.next(CLOCK);
  private final List<Node> nodes = new ArrayList<>();
  private TestRedis redis = TestRedis.start();

  @AfterEach
  void stop() {
    nodes.forEach(Node::close);
    redis.close();
  }

  /** What a node has: a table that the test fills, and the path. */
  private final class Node implements AutoCloseable {
    final Set<Revocation> table = ConcurrentHashMap.newKeySet();
    final Set<Revocation> heard = ConcurrentHashMap.newKeySet();
    final RedisPath path;
    private final Thread ticks;

    Node(RedisConfig config) {
      path =
          new RedisPath(
              config,
              config.url().orElseThrow(),
              enclave,
              "node-" + (nodes.size() + 1),
              CLOCK,
              heard::add,
              new SimpleMeterRegistry());
      ticks = Thread.ofVirtual().start(this::tick);
      nodes.add(this);
    }

    private void tick() {
      try {
        while (true) {
          path.tellAll(List.copyOf(table), CLOCK.instant());
          path.read();
          Thread.sleep(config(uri()).readEvery());
        }
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }

    void awaitState(RedisPath.State state) {
      await(state.wire()).atMost(Duration.ofSeconds(10)).until(() -> path.state() == state);
    }

    void awaitHeard(Revocation revocation) {
      await("heard of it").atMost(Duration.ofSeconds(5)).until(() -> heard.contains(revocation));
    }

    @Override
    public void close() {
      ticks.interrupt();
      path.close();
    }
  }

  private String uri() {
    return "redis://127.0.0.1:" + redis.port();
  }

  private static RedisConfig config(String uri) {
    return config(uri, "", Optional.empty());
  }

  private static RedisConfig config(String uri, String password, Optional<Path> caFile) {
    return new RedisConfig(
        Optional.of(URI.create(uri)),
        "",
        Secret.of(password),
        caFile,
        Duration.ofMillis(100),
        Duration.ofMillis(20),
        Duration.ofMillis(200),
        STALE_AFTER,
        1000);
  }

  private Revocation revocation() {
    return new Revocation.OfFamily(
        organization,
        new FamilyId(UUID.randomUUID()),
        CLOCK.instant().plusSeconds(300).truncatedTo(ChronoUnit.MILLIS));
  }

  @Test
  void whatOneNodeRevokesTheOtherHears() {
    var one = new Node(config(uri()));
    var other = new Node(config(uri()));
    one.awaitState(RedisPath.State.FRESH);
    other.awaitState(RedisPath.State.FRESH);
    var revocation = revocation();

    one.path.tell(revocation);

    await()
        .atMost(Duration.ofSeconds(1))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> other.heard.contains(revocation));
  }

  @Test
  void whatCannotBeWrittenDoesNotEndTheWriting() {
    var node = new Node(config(uri()));
    node.awaitState(RedisPath.State.FRESH);
    var beyondAnyClock =
        new Revocation.OfFamily(organization, new FamilyId(UUID.randomUUID()), Instant.MAX);
    node.table.add(beyondAnyClock);
    node.awaitState(RedisPath.State.STALE);

    node.table.remove(beyondAnyClock);

    node.awaitState(RedisPath.State.FRESH);
  }

  @Test
  void whoComesLaterFindsWhatStandsInTheSnapshot() {
    var one = new Node(config(uri()));
    one.awaitState(RedisPath.State.FRESH);
    var revocation = revocation();
    one.table.add(revocation);
    one.awaitHeard(revocation);

    var late = new Node(config(uri()));

    late.awaitState(RedisPath.State.FRESH);
    assertThat(late.heard).contains(revocation);
  }

  @Test
  void aRedisThatLostEverythingHasItAgainBeforeItCountsAsFresh() {
    var one = new Node(config(uri()));
    var revocation = revocation();
    one.table.add(revocation);
    one.awaitState(RedisPath.State.FRESH);
    redis.stop();
    one.awaitState(RedisPath.State.DOWN);

    redis.startAgain();
    var late = new Node(config(uri()));
    late.awaitState(RedisPath.State.FRESH);

    assertThat(late.heard).contains(revocation);
  }

  @Test
  void whileRedisIsAwayNobodyWaitsAndNothingIsLost() {
    var one = new Node(config(uri()));
    one.awaitState(RedisPath.State.FRESH);
    redis.stop();
    one.awaitState(RedisPath.State.DOWN);
    assertThat(one.path.detail()).containsEntry("degraded", true);

    var meanwhile = revocation();
    long began = System.nanoTime();
    for (int i = 0; i < 10_000; i++) {
      one.path.tell(meanwhile);
    }
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(1));
    one.table.add(meanwhile);

    redis.startAgain();
    one.awaitState(RedisPath.State.FRESH);
    assertThat(one.path.detail()).containsEntry("degraded", false);
    var late = new Node(config(uri()));
    late.awaitHeard(meanwhile);
  }

  @Test
  void whileRedisHangsNobodyWaitsAndTheViewIsKnownToBeStale() {
    var one = new Node(config(uri()));
    one.awaitState(RedisPath.State.FRESH);

    redis.pause();
    long began = System.nanoTime();
    for (int i = 0; i < 10_000; i++) {
      one.path.tell(revocation());
    }
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(1));
    await("stale")
        .atMost(STALE_AFTER.plusSeconds(1))
        .until(() -> one.path.state() != RedisPath.State.FRESH);

    redis.resume();
    one.awaitState(RedisPath.State.FRESH);
  }

  @Test
  void withoutAWordFromTheNodesTheViewIsStale() {
    var one = new Node(config(uri()));
    one.awaitState(RedisPath.State.FRESH);
    one.ticks.interrupt();

    await("stale")
        .atMost(STALE_AFTER.plusSeconds(1))
        .until(() -> {
          one.path.read(); // it reads, and nobody writes
          return one.path.state() == RedisPath.State.STALE;
        });
  }

  @Test
  void whoFellBehindTheStreamReadsTheSnapshotAgain() {
    var one = new Node(config(uri()));
    var slow = new Node(config(uri()));
    slow.awaitState(RedisPath.State.FRESH);
    slow.ticks.interrupt();
    await().until(() -> !slow.ticks.isAlive());
    var first = revocation();
    one.path.tell(first);
    for (int i = 0; i < 5_000; i++) {
      one.table.add(revocation());
    }
    await("all of them are in Redis")
        .atMost(Duration.ofSeconds(10))
        .until(() -> one.heard.containsAll(one.table));

    await("heard of all")
        .atMost(Duration.ofSeconds(10))
        .until(() -> {
          slow.path.read();
          return slow.heard.contains(first) && slow.heard.containsAll(one.table);
        });
  }

  @Test
  void aPasswordIsAskedForAndNeverShown() {
    redis.close();
    redis = TestRedis.start("requirepass a-password-of-the-test");
    var config = config(uri(), "a-password-of-the-test", Optional.empty());
    var stranger = new Node(config(uri()));
    var known = new Node(config);

    known.awaitState(RedisPath.State.FRESH);

    assertThat(stranger.path.state()).isEqualTo(RedisPath.State.DOWN);
    assertThat(config.toString()).doesNotContain("a-password");
  }

  @Test
  void overTlsOnlyATrustedRedisIsSpokenTo(@TempDir Path directory) {
    redis.close();
    var files = new TestAuthority().node(directory, "urn:redis");
    redis = TestRedis.startTls(files.certificate(), files.privateKey(), files.authorities());
    String url = "rediss://127.0.0.1:" + redis.port();

    var trusting = new Node(config(url, "", Optional.of(files.authorities())));
    var other =
        new Node(
            config(
                url,
                "",
                Optional.of(
                    new TestAuthority()
                        .node(directory.resolve("other"), "urn:redis")
                        .authorities())));

    trusting.awaitState(RedisPath.State.FRESH);
    assertThat(other.path.state()).isEqualTo(RedisPath.State.DOWN);
  }
}
